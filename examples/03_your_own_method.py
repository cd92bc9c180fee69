"""Write a method and its solver, and evaluate it beside EMSSL plus.

The method learns nothing: its solution is the joint angles of the nearest training position, of all or a share.
Here it is called directly. To use it in `emssl-bench run`, put it in a package with an entry point, as
docs/extend.md shows: then it has records, tables and figures like every other method.

    python examples/03_your_own_method.py
"""

from contextlib import closing
from dataclasses import dataclass

from scipy.spatial import KDTree

import robots
from emssl_bench import Method, Problem, Progress, Solver, setting
from emssl_bench.data import Dataset
from emssl_bench.experiments import evaluation
from emssl_bench.forward import Counted, open_forward
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.seeding import Seeds


class Lookup(Solver):
    def __init__(self, positions, joint_angles):
        self.tree, self.joint_angles_known = KDTree(positions), joint_angles

    def solve(self, targets, samples=1):  # (n, 3) [m] -> (n, samples, dof) [rad]
        _, nearest = self.tree.query(targets)
        return self.joint_angles_known[nearest][:, None].repeat(samples, axis=1)


@dataclass(frozen=True, kw_only=True)
class NearestNeighbour(Method):
    """Nearest neighbour: the joint angles of the nearest training position."""

    title = "Nearest neighbour"
    share: float = setting(1.0, "share of the training samples that is kept", above=0)

    @property
    def units(self) -> int:
        return 1  # `learn` yields once

    def learn(self, problem: Problem):
        kept = round(self.share * len(problem.targets))
        yield Progress(Lookup(problem.targets[:kept], problem.joint_angles[:kept]))


arm, seeds = robots.load("planar3"), Seeds(0)
space = JointSpace.of(arm, 60)
emssl_plus = registry.configured("emssl-plus", {"iterations": 5, "epochs": 2, "learning_rate": 0.0003})
with closing(open_forward("chain", arm)) as forward:
    data = Dataset.sample(forward, space, train=2_800, test=1_200, seeds=seeds)
    for method in (NearestNeighbour(), NearestNeighbour(share=0.05), emssl_plus):
        seen = data.train if method.uses_joint_angles else data.train.unlabelled()
        counted = Counted(forward)  # counts the queries of the arm
        *_, last = method.learn(Problem(seen, counted, seeds))
        errors = evaluation.evaluate(last.solver, data.train.task, forward, data.test_targets, space)
        print(f"{method.title}: mean error {errors.mean_cm:.2f} cm, {counted.calls:,} arm queries")
