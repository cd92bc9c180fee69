"""The published results are what their records give."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from emssl_bench import report
from emssl_bench.records import Store
from tests.pictures import drawn

REFERENCE = Path(__file__).parent.parent / "results" / "reference"


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
    *("goal-babbling", "constrained-dof", "local-linear", "fnn-joints", "cnn"),
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


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def rows(text):
    """Every row of the Markdown tables in a text, by column, without cells that are empty."""
    return [{name: cell for name, cell in row.items() if cell} for row in whole_rows(text)]


def whole_rows(text):
    """Every row of the Markdown tables in a text, by column."""
    found, header = [], []
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("|") and following.startswith("|") and set(following) <= set("|:- "):
            header = cells(line)
        elif line.startswith("|") and not set(line) <= set("|:- "):
            found.append(dict(zip(header, cells(line), strict=True)))
    return found


@pytest.mark.parametrize(("name", "at_least"), [("README.md", 12), ("docs/results.md", 30), ("docs/solvers.md", 20)])
def test_every_row_of_results_elsewhere_is_one_of_the_report(name, at_least):
    report_text = (REFERENCE / "report.md").read_text()
    headers = [row.keys() for row in whole_rows(report_text)]
    copied = [
        {column: cell for column, cell in row.items() if cell}
        for row in whole_rows((REFERENCE.parent.parent / name).read_text())
        if any(row.keys() <= header for header in headers)  # a table with columns of its own sums up, and is not copied
    ]
    published = [row.items() for row in rows(report_text)]
    assert len(copied) >= at_least
    for row in copied:
        assert any(row.items() <= other for other in published), row
