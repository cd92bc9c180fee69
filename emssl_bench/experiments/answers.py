"""Many answers: how several solutions of a target by a trained model compare with all solutions that there are.

Every model solves the same targets, those of a reference set, through `Solver.solve(targets, samples)`. Its solutions
are judged raw. Those of poses are also refined by least squares, so that they can be told to be on a branch or not.
"""

from collections.abc import Callable, Iterable, Sequence

from emssl_bench.experiments import reference_files
from emssl_bench.experiments.answer_measures import Measured, solved
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.experiments.references import ReferenceSettings
from emssl_bench.methods.phases import busy_with
from emssl_bench.records import Record, Store, Trial, machine, model_files
from emssl_bench.records.settings import AccuracySettings, AnswersSettings
from emssl_bench.tasks import task
from robots.spec import RobotSpec


def plan(
    models: Iterable[Trial],
    robot: RobotSpec,
    samples: Sequence[int],
    reference: Callable[[AccuracySettings], ReferenceSettings],
    **within: float,
) -> list[Trial]:
    """A trial for every model.

    Args:
        models: the trials that learned them.
        robot: their arm.
        samples: numbers of solutions of a target.
        reference: the reference set of a model.
        **within: `within_share` and `within_deg` of the settings.
    """
    trials = []
    for learned in models:
        of = learned.settings
        assert isinstance(of, AccuracySettings)
        model = {
            "digest": learned.digest,
            "train_samples": of.train_samples,
            "hyperparameters": dict(of.hyperparameters),
            "plugin": of.plugin,
        }
        settings = AnswersSettings(
            method=of.method,
            model=model,
            joint_range_deg=of.joint_range_deg,
            task=of.task,
            samples=sorted(set(samples)),
            reference=reference(of).written(),
            robot_digest=robot.digest,
            device="cpu",
            threads=1,
            **within,
        )
        trials.append(Trial(robot.name, learned.seed, settings))
    return trials


def run(
    trial: Trial, robot: RobotSpec, store: Store, workers: int, on_progress: Callable[[TrialStatus], None]
) -> tuple[Record, None]:
    """Measures the solutions of one model.

    Raises:
        ModelError: the model cannot be read.
        ShapeError: it does not return solutions (targets, samples, dof) that are finite.
        CannotSolve: its reference set cannot be made.
    """
    settings = trial.settings
    assert isinstance(settings, AnswersSettings)
    described, commit = machine.description(), machine.commit()
    reference = reference_files.opened(settings.reference, robot, settings.task, store.folder)
    model = model_files.load_on(store.model_of(settings.model["digest"]), robot)
    measured = Measured(robot, task(settings.task), settings, reference)
    busy_with("solving")
    solutions = solved(model, reference.targets, max(settings.samples), robot.dof)
    metrics = {**measured.of_samples(solutions), **measured.jumps(solutions, model)}
    busy_with("comparing with all solutions")
    curve = measured.by_samples(solutions)
    if measured.task.oriented:
        busy_with("refining")
        more, coverage = measured.refined(solutions)
        metrics |= more
        curve["coverage"] = coverage
    return Record(trial, "done", metrics, curve, measured.drawn(solutions), machine=described, commit=commit), None
