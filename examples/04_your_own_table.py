"""Make a table of your own from the committed records.

A record is one JSON file: the trial that was run, its metrics, its learning curve, and how errors are distributed.
The store reads all of them, so that a table is a few lines of pandas. Where a method ran with several settings, the
table has those that most of its runs have.

    python examples/04_your_own_table.py                      # the records in results/reference
    python examples/04_your_own_table.py results/local        # those of your own runs
"""

import sys
from pathlib import Path

import pandas as pd

from emssl_bench.records import Store
from emssl_bench.records.settings import AccuracySettings

REFERENCE = Path(__file__).parent.parent / "results" / "reference"
folder = Path(sys.argv[1]) if sys.argv[1:] else REFERENCE

rows = [
    {
        "arm": record.trial.robot,
        "method": record.trial.settings.method,
        "range": record.trial.settings.joint_range_deg,
        "training targets": record.trial.settings.train_samples,
        "settings": str(record.trial.settings.hyperparameters),
        "seed": record.trial.seed,
        "median [cm]": record.metrics["error_median_cm"],
        "within 1 cm [%]": 100 * record.metrics["success_rate_1cm"],
        "arm queries": record.metrics["forward_calls"],
    }
    for record in Store(folder).records()
    if isinstance(record.trial.settings, AccuracySettings) and record.status == "done"
]
if not rows:
    sys.exit(f"{folder} has no records of emssl-bench run.")
frame = pd.DataFrame(rows)
setting = ["arm", "range", "training targets", "method"]
numbers = ["median [cm]", "within 1 cm [%]", "arm queries"]
smallest = frame[frame["training targets"] == frame["training targets"].min()]
usual = smallest.groupby(setting)["settings"].transform(lambda each: each.mode()[0])
alike = smallest[smallest["settings"] == usual].groupby(setting)
table = alike[numbers].mean().round(2)
table.insert(0, "trials", alike.size())
print(table.to_string())
