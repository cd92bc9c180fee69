"""Results on disk: trials and their records, models, checkpoints, and the machine they were made on."""

from emssl_bench.records.store import Store
from emssl_bench.records.trial import Record, Trial

__all__ = ["Record", "Store", "Trial"]
