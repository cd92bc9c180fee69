"""A trained model as one uses it: it knows its arm, its joint range, how it was learned and what error to expect."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

import robots
from emssl_bench.exceptions import EmsslBenchError, InvalidValue, ModelError, one_line
from emssl_bench.joint_space import JointRange, JointSpace, shown
from emssl_bench.records import model_files, saved_arm
from emssl_bench.records.answers import Answers, Expected, Refined, told_of
from emssl_bench.records.saved_model import Saved
from emssl_bench.records.trial import Trial
from emssl_bench.shapes import JointAnglesOfOneOrMore
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.reaching import WITHIN_M, Reaching, missed, reaching
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

if TYPE_CHECKING:
    from emssl_bench.forward import ForwardModel


class TrainedModel:
    """A learned solver, and what is known of it.

    >>> import emssl_bench
    >>> model = emssl_bench.load("results/local/models/0123456789ab.safetensors")  # doctest: +SKIP
    >>> model.solve([0.20, 0.10, 0.30]).error_m  # doctest: +SKIP
    """

    def __init__(self, solver: Solver, trial: Trial, robot: RobotSpec | None, expected: Expected, shown_path: str = ""):
        """
        Args:
            solver: what was learned.
            trial: what learned it.
            robot: its arm; without one it cannot tell errors.
            expected: its errors.
            shown_path: what messages call it.
        """
        self.solver = model_files.on_arm(solver, robot) if robot else solver
        """The solver alone: what a method has learned. One that queries the arm queries a model of it."""
        self.trial = trial
        self.robot = robot
        """The arm that it is for; None where neither its file nor the suite has it."""
        self.expected = expected
        self._shown_path = shown_path

    @property
    def method(self) -> str:
        """The method that learned it."""
        return self.trial.settings.trained_method or self.trial.name

    @property
    def task(self) -> Task:
        """What a target is."""
        return self.solver.task

    @property
    def joint_range_deg(self) -> JointRange:
        """Half the width of its joint space [deg], or "limits" for the arm's own."""
        return getattr(self.trial.settings, "joint_range_deg", "limits")

    @property
    def joint_space(self) -> JointSpace:
        """The bounds of its joint angles.

        Raises:
            ModelError: its arm is not known.
        """
        return JointSpace.of(self._arm, self.joint_range_deg)

    @property
    def _arm(self) -> RobotSpec:
        if self.robot is None:
            raise ModelError(
                f"{self._shown_path}: its file does not hold its arm {one_line(self.trial.arm)[:100]} "
                f"({self.trial.settings.arm_digest}), and no arm of the suite is that one: load it with robot=, an "
                "arm's name or URDF file (on the command line: --robot)."
            )
        return self.robot

    def __repr__(self) -> str:
        arm = one_line(self.trial.arm)[:100]
        joints = f"{self.robot.dof} joints, " if self.robot else "not known here, "
        how = "" if self.method == self.trial.name else f", adapted by {self.trial.name}"
        mean, p95, mean_deg, p95_deg = self.expected
        errors = [f"mean error {_shown_error(mean, mean_deg)}"] if mean is not None else []
        errors += [f"95 % within {_shown_error(p95, p95_deg)}"] if p95 is not None else []
        says = f"{' and '.join(errors)} on its test targets" if errors else "its error is not in its file"
        return f"<{self.method}{how} for {arm} ({joints}{shown(self.joint_range_deg)}): {says}>"

    def joint_angles(self, targets: ArrayLike) -> JointAnglesOfOneOrMore:
        """The first solution of every target: see `Solver.joint_angles`."""
        return self.solver.joint_angles(targets)

    def solve(self, targets: ArrayLike, samples: int = 1, within_m: float = WITHIN_M) -> Answers:
        """Solutions, and how near they come to their targets.

        Args:
            targets: (n, columns) of the task, such as positions (n, 3) [m] in the arm's base frame; or one, (columns,).
            samples: solutions a target, 1 or more.
            within_m: error up to which a target is reached [m]; of a pose, the angle must also be within 0.57 degrees.

        Raises:
            ShapeError: the targets have neither of these shapes, or are not finite.
            ModelError: its arm is not known.
        """
        rows, single = self.task.checked_one_or_more(targets)
        arm = self._arm
        angles = np.asarray(self.solver.solve(rows, samples))
        found = self._reaching(arm, angles.reshape(-1, arm.dof), rows.repeat(samples, axis=0))
        both = [each.reshape(angles.shape[:2]) for each in (found.error_m, found.reached(within_m))]
        degrees = None if found.error_deg is None else found.error_deg.reshape(angles.shape[:2])
        return told_of(Answers, (angles, *both), degrees, single)

    def _reaching(self, arm: RobotSpec, angles: np.ndarray, targets: np.ndarray) -> Reaching:
        return reaching(arm, self.joint_space, self.task, angles, targets)

    def refined(
        self,
        targets: ArrayLike,
        by: Literal["model", "queries"] = "model",
        forward: "ForwardModel | None" = None,
        within_m: float = WITHIN_M,
        steps: int | None = None,
    ) -> Refined:
        """Solutions that start from the model's own and are improved.

        Args:
            targets: as of `solve`.
            by: "model": damped least squares on the arm's known model, to 1e-6 m and 1e-4 rad. "queries": by asking
                the arm where it is, until the error is within `within_m`, in which an angle of a pose counts too.
            forward: the arm that is asked.
            within_m: as of `solve`.
            steps: of least squares at most, from the model's own solution alone; by default as many as it takes, and
                other starts where these fail.

        Raises:
            ShapeError, ModelError: as of `solve`.
            InvalidValue: `by` is neither, there is no arm to ask, or `steps` is no whole number of at least 1.
            CannotSolve: the solver has no guesses that queries could improve.
        """
        rows, single = self.task.checked_one_or_more(targets)
        arm, space = self._arm, self.joint_space
        if steps is not None and (type(steps) is not int or steps < 1 or by != "model"):
            raise InvalidValue(f'steps, of by="model" alone, is a whole number of at least 1, not {str(steps)[:40]!r}.')
        if by == "model":
            from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt

            few = {} if steps is None else {"restarts": 0, "most_steps": steps}
            least_squares = LevenbergMarquardt(
                arm, space, self.task, lambda some: np.asarray(self.solver.solve(some)), **few
            )
            angles = least_squares.answers(rows).joint_angles
            found, queries = self._reaching(arm, angles, rows), np.zeros(len(rows), dtype=int)
        elif by == "queries" and forward is not None:
            from emssl_bench.solvers.black_box import guesses_of, refine

            queried = refine(forward, rows, guesses_of(self.solver, space), space, within_m=within_m, task=self.task)
            angles, found, queries = queried.joint_angles, missed(self.task, queried.measured, rows), queried.queries
        else:
            raise InvalidValue(f'by is "model", or "queries" of a forward model that is given, not {str(by)[:40]!r}.')
        return told_of(Refined, (angles, found.error_m, found.reached(within_m), queries), found.error_deg, single)


def _shown_error(cm: float, degrees: float | None) -> str:
    return f"{cm:.2f} cm" if degrees is None else f"{cm:.2f} cm, {degrees:.1f}°"


def load(path: str | Path, robot: RobotSpec | str | Path | None = None) -> TrainedModel:
    """A trained model from its file.

    Args:
        path: the .safetensors file; its .json must lie beside it.
        robot: its arm, an arm's name or the path of a URDF file: another is refused. Models of version 0.2 and before
            do not hold their arm; they need it, unless it is one of the suite.

    Raises:
        ModelError: the files are missing, damaged, of another format, or of another arm; or of a plug-in that is not
            installed, or cannot read them.
        UnknownName, RobotError: there is no such arm.
    """
    given = robots.load(robot) if isinstance(robot, str | Path) else robot
    solver, saved = model_files.read_whole(path, given)
    return of_files(solver, saved, given)


def of_files(solver: Solver, saved: Saved, given: RobotSpec | None = None) -> TrainedModel:
    """A model that was read, with the arm that the user gave, that its file holds or that the suite has by its name."""
    expected = Expected(*((saved.expected or {}).get(name) for name in saved_arm.EXPECTED))
    arm = given or saved.robot or _by_name(saved.trial)
    return TrainedModel(solver, saved.trial, arm, expected, one_line(str(saved.path)))


def _by_name(trial: Trial) -> RobotSpec | None:
    """The arm of the suite that a trial names, after its change; None where it is none of the suite's."""
    name, *ends = trial.robot.split(":")
    if name not in robots.available() or len(ends) > 2:
        return None
    try:
        arm = robots.load(name, *reversed(ends))
        return saved_arm.after_training(trial, arm)
    except EmsslBenchError:
        return None
