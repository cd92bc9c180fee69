"""How far from the wanted positions an inverse model really brings the end effector."""

from collections.abc import Mapping

import numpy as np

from emssl_bench.arrays import Positions
from emssl_bench.errors import ShapeError
from emssl_bench.forward import ForwardModel
from emssl_bench.method import InverseModel
from emssl_bench.network import NetworkInverse

SUCCESS_WITHIN_CM = {"1mm": 0.1, "5mm": 0.5, "1cm": 1.0, "5cm": 5.0}
CANDIDATES = 32


def distance_errors_cm(model: InverseModel, forward: ForwardModel, positions: Positions) -> np.ndarray:
    """Distance [cm] between each wanted position (n, 3) [m] and the one reached, (n,).

    Raises:
        ShapeError: the model's answers are not finite, or not a row of joint angles for each position.

    Source: Section IV-A, "predicted end position distance error".
    """
    answers = model.joint_angles(positions.copy())  # its own copy: what is judged must not change
    reached = forward.positions(answers)
    if len(reached) != len(positions):
        raise ShapeError(f"the model answered {len(positions)} positions with {len(reached)} rows of joint angles.")
    return np.linalg.norm(reached - positions, axis=1) * 100


def summarised(errors_cm: np.ndarray) -> Mapping[str, float]:
    """Mean, median, 95th percentile and maximum [cm], and the shares of positions reached within bounds."""
    return {
        "error_mean_cm": float(errors_cm.mean()),
        "error_median_cm": float(np.median(errors_cm)),
        "error_p95_cm": float(np.quantile(errors_cm, 0.95)),
        "error_max_cm": float(errors_cm.max()),
        **{f"success_{name}": float((errors_cm <= bound).mean()) for name, bound in SUCCESS_WITHIN_CM.items()},
    }


def best_of_candidates_cm(
    model: NetworkInverse, forward: ForwardModel, positions: Positions, count: int = CANDIDATES
) -> float:
    """Mean error [cm] of a generative model that is allowed `count` guesses and a forward model to choose by."""
    best = []
    for block in np.array_split(positions, max(1, len(positions) // 1000)):
        guesses = model.candidates(block, count)
        reached = forward.positions(guesses.reshape(-1, guesses.shape[-1])).reshape(len(block), count, 3)
        best.append(np.linalg.norm(reached - block[:, None], axis=2).min(axis=1) * 100)
    return float(np.concatenate(best).mean())
