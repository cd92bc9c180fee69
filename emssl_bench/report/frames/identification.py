"""Errors of identified arms as a data frame."""

from collections.abc import Sequence

import pandas as pd

from emssl_bench.records import Record
from emssl_bench.records.settings import IdentificationSettings
from emssl_bench.report.frames.changes import ARM, by_change

_RAN_ON = ["forward", "device", "threads"]
"""Settings that change an identification by rounding alone."""


def identification_errors(records: Sequence[Record]) -> pd.DataFrame:
    """One row per task, change, seed, noise, number of measurements and what the trial ran on.

    Where poses were measured, `angle_error_deg` is beside the errors of positions and link offsets.
    """
    parts = []
    for record in records:
        trial = record.trial
        if isinstance(trial.settings, IdentificationSettings) and record.status == "done":
            names = ("robot_digest", "joint_range_deg", "task", "change", *_RAN_ON)
            named = {name: getattr(trial.settings, name) for name in names}
            own = {"robot": trial.robot, **named, "seed": trial.seed}
            parts.append(pd.DataFrame(record.curve).assign(**own, **record.metrics))
    if not parts:
        return pd.DataFrame()
    return by_change(
        pd.concat(parts, ignore_index=True), [*ARM, "task"], ["noise_mm", "seed", "measurements", *_RAN_ON]
    )
