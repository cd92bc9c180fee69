"""The published results are what their records give."""

import shutil
from pathlib import Path

import pytest

from emssl_bench import report
from emssl_bench.records import Store

REFERENCE = Path(__file__).parent.parent / "results" / "reference"


@pytest.fixture(scope="module")
def remade(tmp_path_factory):
    """The reference report, made anew from a copy of its records."""
    folder = tmp_path_factory.mktemp("reference")
    shutil.copytree(REFERENCE / "records", folder / "records")
    if (REFERENCE / "benchmarks.json").is_file():
        shutil.copy(REFERENCE / "benchmarks.json", folder)
    report.write(Store(folder))
    return folder


@pytest.mark.parametrize("name", ["report.md", "tables/*", "figures/*.csv"])
def test_published_tables_are_byte_for_byte_what_the_records_give(remade, name):
    published = sorted(path.relative_to(REFERENCE) for path in REFERENCE.glob(name))
    assert published
    for path in published:
        assert (remade / path).read_bytes() == (REFERENCE / path).read_bytes(), path


def test_published_records_were_made_by_committed_code():
    for record in Store(REFERENCE).records():
        assert record.status == "done"
        assert "dirty" not in record.commit


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def rows(text):
    """Every row of the Markdown tables in a text, by column, without cells that are empty."""
    found, header = [], []
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("|") and following.startswith("|") and set(following) <= set("|:- "):
            header = cells(line)
        elif line.startswith("|") and not set(line) <= set("|:- "):
            found.append({name: cell for name, cell in zip(header, cells(line), strict=True) if cell})
    return found


@pytest.mark.parametrize("name", ["README.md", "docs/results.md"])
def test_every_row_of_results_elsewhere_is_one_of_the_report(name):
    page = (REFERENCE.parent.parent / name).read_text()
    published = [row.items() for row in rows((REFERENCE / "report.md").read_text())]
    assert len(rows(page)) > 10
    for row in rows(page):
        assert any(row.items() <= other for other in published), row
