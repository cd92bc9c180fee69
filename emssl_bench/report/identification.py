"""How well changed arms are identified, as data frames."""

from collections.abc import Sequence

import pandas as pd

from emssl_bench.records import Record
from emssl_bench.report.approaches import arms, in_order
from emssl_bench.report.table4 import ARM
from robots.changes import Change

_RAN_ON = ["forward", "device", "threads"]
"""What changes an identification by rounding alone."""
QUANTITIES = {"position": "position_error_mm", "link offsets": "parameter_error_mm"}


def table(records: Sequence[Record]) -> pd.DataFrame:
    """In long form: one row per change, seed, noise, number of measurements and what it ran on."""
    parts = []
    for record in records:
        trial = record.trial
        if trial.experiment == "identification" and record.status == "done":
            named = {name: trial.settings[name] for name in ("robot_digest", "joint_range_deg", "change", *_RAN_ON)}
            own = {"robot": trial.robot, **named, "seed": trial.seed}
            parts.append(pd.DataFrame(record.curve).assign(**own, **record.metrics))
    if not parts:
        return pd.DataFrame()
    return in_order(pd.concat(parts, ignore_index=True), ARM, ["noise_mm", "seed", "measurements", *_RAN_ON])


def headline(found: pd.DataFrame) -> pd.DataFrame:
    """The table to print: means over seeds of the errors of position and of link offsets [mm], by measurements."""
    rows = []
    found = found.assign(arm=arms(found))
    many = len(found[ARM].drop_duplicates()) > 1
    for quantity, column in QUANTITIES.items():
        for (*_, arm, change, noise_mm), group in found.groupby([*ARM, "arm", "change", "noise_mm"], sort=False):
            by_seed = group.groupby(["measurements", "seed"])[column].mean()
            means = by_seed.groupby("measurements").mean()
            rows.append(
                {
                    **({"Arm": arm} if many else {}),
                    "Error of": quantity,
                    "Change": Change.parse(str(change)).title,
                    "Noise (mm)": f"{noise_mm:g}",
                    "Seeds": group["seed"].nunique(),
                    "Not identified": _millimetres(group[f"nominal_{column}"].mean()),
                    **{f"n = {n}": _millimetres(mean) for n, mean in means.items()},
                }
            )
    return pd.DataFrame(rows)


def _millimetres(error: float) -> str:
    """Of what is below a micrometre nothing but that is told."""
    return "< 0.001" if error < 0.001 else f"{error:.3f}" if error < 1 else f"{error:.1f}"
