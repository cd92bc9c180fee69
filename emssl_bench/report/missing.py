"""The trials that a figure of accuracy lacks, because their records are older than what it shows."""

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.frames.accuracy import KEY
from emssl_bench.report.naming import method_title, setup_title
from emssl_bench.report.section import Text


def left_out(shown: pd.DataFrame, table: pd.DataFrame) -> list[Text]:
    """A sentence that names the trials that are missing; none where all are there.

    Args:
        shown: rows of a figure, with their number of `seeds`.
        table: the long form that `frames.accuracy.table_2` makes.
    """
    seen = shown.drop_duplicates(KEY).set_index(KEY)["seeds"]
    missing = table.set_index(KEY)["seeds"].sub(seen, fill_value=0)
    missing = missing[missing > 0].astype(int).reset_index()
    if missing.empty:
        return []
    rows = [
        in_markdown(
            f"{method_title(row['method'], row['variant'])}, {joint_space.shown(row['joint_range_deg'])}, "
            f"{setup_title(row)}"
        )
        + f" ({row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'})"
        for row in missing.to_dict("records")
    ]
    return [Text(f"Missing, because their records are from before it was measured: {'; '.join(rows)}.")]
