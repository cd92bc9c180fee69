"""One summary of every method over several arms: errors divided by reach, ranks, and an interquartile mean."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emssl_bench.experiments.evaluation import MAP_CELLS

SETUP = ["train_samples", "test_samples", "evaluated_on", "task", "joint_range_deg"]
"""Columns that rows of one summary have in common: all of a setup but the arm."""
ARM = ["robot", "robot_digest"]
RESAMPLES = 2_000


def reaches_m(runs: pd.DataFrame) -> dict[str, float]:
    """How far each arm reaches [m], by its digest: a map's cell is a `MAP_CELLS`th of it wide.

    Arms of which no record has a map are left out.

    Args:
        runs: as `frames.accuracy.accuracy_runs` returns them.
    """
    found: dict[str, float] = {}
    for digest, tables in zip(runs["robot_digest"], runs["tables"], strict=True):
        if digest not in found and "error_map" in tables:
            found[digest] = MAP_CELLS * _cell_m(tables["error_map"])
    return found


def _cell_m(cells: dict[str, Sequence[float]]) -> float:
    """The width of the cells [m], from their centres: the least distance between two, or from the axis."""
    gaps = [np.diff(np.unique(np.round(cells[name], 9))) for name in ("radius_m", "height_m")]
    of_axis = 2 * np.min(cells["radius_m"])
    return float(min(of_axis, *(gap.min() for gap in gaps if len(gap))))


def over_arms(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per setup and method that ran on all its arms with default settings, of runs by cost.

    - `arms`: their names, without those that less than half of the methods ran on. A setup of fewer than two arms, or
      of fewer than two methods, has no rows.
    - `error_share_by_arm`: the mean error over seeds divided by the arm's reach, an arm each; where a task has several
      errors, that of its one number.
    - `rank`: the mean over arms of the method's place among the methods of the setup.
    - `iqm_share`: the mean of the middle half of all runs' errors divided by reach, every arm with equal weight;
      `iqm_low_share` and `iqm_high_share` are its 95 % interval by a bootstrap over the seeds of each arm.

    Source: Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical Precipice", for the mean.
    """
    reach, rows = reaches_m(runs), []
    default = runs[(runs["variant"] == "") & runs["robot_digest"].isin(list(reach))]
    for key, setup in default.groupby(SETUP, sort=False):
        shares = setup.assign(share=setup["error_mean_cm"] / 100 / setup["robot_digest"].map(reach))
        methods = shares.groupby(ARM)["method"].nunique()
        arms = list(methods[methods * 2 >= methods.max()].index)  # an arm that few methods ran on would leave few
        shares = shares[[arm in arms for arm in zip(shares["robot"], shares["robot_digest"], strict=True)]]
        by_method = dict(iter(shares.groupby("method", sort=False)))
        complete = {m: own for m, own in by_method.items() if own.groupby(ARM).ngroups == len(arms)}
        if len(arms) < 2 or len(complete) < 2:
            continue
        parts = {
            method: [of_arms.get_group(arm)["share"].to_numpy() for arm in arms]
            for method, of_arms in ((method, own.groupby(ARM)) for method, own in complete.items())
        }
        means = pd.DataFrame({m: [part.mean() for part in own] for m, own in parts.items()})
        ranks = means.rank(axis=1).mean()
        for method, own in parts.items():
            low, high = _interval(own)
            rows.append(
                {
                    **dict(zip(SETUP, key if isinstance(key, tuple) else (key,), strict=True)),
                    "method": method,
                    "arms": [robot for robot, _ in arms],
                    "seeds": [len(part) for part in own],
                    "error_share_by_arm": list(means[method]),
                    "rank": ranks[method],
                    "iqm_share": float(_middle(*_weighed(own))[0]),
                    "iqm_low_share": low,
                    "iqm_high_share": high,
                }
            )
    return pd.DataFrame(rows)


def _weighed(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    weights = [np.full(len(part), 1 / len(part) / len(parts)) for part in parts]
    return np.concatenate(parts)[None], np.concatenate(weights)[None]


def _middle(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted mean (n,) of what lies between the quartiles of each row (n, values)."""
    order = np.argsort(values, axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    weights = np.take_along_axis(np.broadcast_to(weights, values.shape), order, axis=1)
    upper = np.cumsum(weights, axis=1)
    inside = np.clip(np.minimum(upper, 0.75) - np.maximum(upper - weights, 0.25), 0, None)
    return (values * inside).sum(axis=1) / inside.sum(axis=1)


def _interval(parts: Sequence[np.ndarray]) -> tuple[float, float]:
    """By resampling the seeds of each arm, always in the same way; not numbers where an arm has a single seed."""
    if min(map(len, parts)) < 2:
        return (np.nan, np.nan)
    generator = np.random.default_rng(0)
    drawn = [part[generator.integers(len(part), size=(RESAMPLES, len(part)))] for part in parts]
    _, weights = _weighed(parts)
    low, high = np.quantile(_middle(np.concatenate(drawn, axis=1), weights), [0.025, 0.975])
    return (float(low), float(high))
