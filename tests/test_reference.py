"""The published results are what their records give."""

import csv
import hashlib
import json
import runpy
import shutil
from pathlib import Path

import pytest

from emssl_bench import report
from emssl_bench.records import Store
from tests.pictures import drawn

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "results" / "reference"


@pytest.fixture(scope="module")
def remade(tmp_path_factory):
    """The reference report, made anew from a copy of its records."""
    folder = tmp_path_factory.mktemp("reference")
    shutil.copytree(REFERENCE / "records", folder / "records")
    if (REFERENCE / "benchmarks.json").is_file():
        shutil.copy(REFERENCE / "benchmarks.json", folder)
    with drawn():
        report.write(Store(folder))
    return folder


@pytest.mark.parametrize("name", ["report.md", "tables/*", "figures/*.csv"])
def test_published_tables_are_byte_for_byte_what_the_records_give(remade, name):
    published = sorted(path.relative_to(REFERENCE) for path in REFERENCE.glob(name))
    assert published
    for path in published:
        assert (remade / path).read_bytes() == (REFERENCE / path).read_bytes(), path


LATER = {
    *("lookup", "babbling", "solve", "inverted-forward", "mdn", "flow", "cvae", "cemssl", "flow-matching"),
    *("goal-babbling", "constrained-dof", "local-linear", "fnn-joints", "cnn", "ddpg", "dqn"),
}
"""Methods and approaches that came after version 0.2.0."""
LATER_SETTINGS = "cauchy_scale", "corrections"
"""Variants that did: of direct regression, and of EMSSL plus."""
PUBLISHED_VALUES = Path(__file__).parent / "published_values.json"
"""Hashes of the columns of tables as version 0.2.0 first published them; two name settings as they are now."""


@pytest.mark.parametrize("name", ["table2", "table3", "table4", "coverage", "identification"])
def test_published_numbers_stay_what_they_were(remade, name):
    """Row for row and column for column; columns may have other names and another order, or be new.

    Rows of what came later are left out.
    """
    header, *rows = csv.reader((remade / "tables" / f"{name}.csv").read_text().splitlines())
    named = [header.index(column) for column in ("method", "approach", "learner") if column in header]
    rows = [row for row in rows if not LATER & {row[place] for place in named}]
    if "variant" in header:
        rows = [row for row in rows if not row[header.index("variant")].startswith(LATER_SETTINGS)]
    columns = {hashlib.sha256("\n".join(cells).encode()).hexdigest()[:12] for cells in zip(*rows, strict=True)}
    for column, digest in json.loads(PUBLISHED_VALUES.read_text())[name].items():
        assert digest in columns, column


def test_published_records_were_made_by_committed_code():
    for record in Store(REFERENCE).records():
        assert record.status == "done"
        assert "dirty" not in record.commit


@pytest.mark.parametrize(
    ("name", "at_least"),
    [("README.md", 12), ("docs/results.md", 104), ("docs/solvers.md", 60), ("docs/answers.md", 30)],
)
def test_every_table_copied_elsewhere_has_the_numbers_of_the_report(name, at_least):
    """A table with columns of its own sums up, and is no copy."""
    copying = runpy.run_path(str(ROOT / "docs" / "copy_tables.py"))
    report_tables = copying["tables"]((REFERENCE / "report.md").read_text().splitlines())
    count = 0
    for table in copying["tables"]((ROOT / name).read_text().splitlines()):
        published = copying["copied"](table, report_tables)
        if published is not None:
            assert table.rows == published
            count += len(table.rows)
    assert count >= at_least
