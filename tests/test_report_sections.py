"""Sections are data: who renders them knows no experiment, and other packages may add some."""

import io
import re
from collections import Counter

import pandas as pd
import pytest
from matplotlib.figure import Figure as Drawn
from rich.console import Console

from emssl_bench import report
from emssl_bench.records import Store
from emssl_bench.report import Bullets, Definitions, Figure, ReportData, Section, Summary, Table, Text, terminal
from emssl_bench.report.frames import accuracy
from emssl_bench.report.markdown import markdown_table, page, section_blocks
from emssl_bench.report.sections import SECTIONS, limitations
from tests.adaptation_records import adapted, identified
from tests.examples import record

pytestmark = pytest.mark.usefixtures("with_pictures")


def drawn(data):
    figure = Drawn(figsize=(2, 2))
    figure.subplots().plot(data["x"], data["x"])
    return figure


PRINTED = pd.DataFrame({"Fruit": ["a|b", "pear"], "Setup": ["one", "one"], "Weight (cm)": ["1.00 [0, 2]", "3.00"]})
TABLE = Table(
    PRINTED,
    words=("Fruit", "Setup"),
    frame=pd.DataFrame({"weight_g": [1.0, 3.0]}),
    stem="fruit",
    bold=[(0, "Weight (cm)")],
    note="A note.",
    summary=Summary("Fruit", ["Fruit", "Setup", "Weight (cm)"], common=("Setup",), note="Said in the terminal."),
)
FIGURE = Figure(pd.DataFrame({"x": [1.0, 2.0]}), drawn, "fruit_figure", "Fruit drawn")
SECTION = Section("Fruit", [Text("Some."), TABLE, Definitions({"Pear": "Sweet."}), FIGURE, Bullets(["one", "two"])])


def test_a_section_of_anything_becomes_markdown():
    heading, text, table, definitions, figure, bullets = section_blocks(SECTION)
    assert (heading, text) == ("## Fruit", "Some.")
    assert table.startswith(markdown_table(TABLE))
    assert table.endswith("\n\nA note.")
    assert definitions == "- *Pear*: Sweet."
    assert figure == "![Fruit drawn](figures/fruit_figure.png)"
    assert bullets == "- one\n- two"
    first = table.splitlines()[2]
    assert "a\\|b" in first
    assert "**1.00** [0, 2]" in first


def test_a_section_of_anything_is_printed_in_the_terminal():
    out = io.StringIO()
    terminal.print_sections([SECTION], Console(file=out, width=80, markup=False))
    first, *others = [line.strip() for line in out.getvalue().splitlines() if line.strip()]
    assert first == "Fruit, one", "what rows have in common stands in the title"
    assert others[-1] == "A note. Said in the terminal."
    assert "a|b" in out.getvalue()
    assert "**" not in out.getvalue()


def test_a_section_of_anything_becomes_files(tmp_path):
    written = report.write_sections([SECTION], ReportData([]), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in written] == [
        "report.html",
        *(f"tables/fruit.{kind}" for kind in ("md", "csv", "tex")),
        *(f"figures/fruit_figure.{kind}" for kind in ("png", "pdf", "csv")),
        "report.md",
    ]
    assert pd.read_csv(tmp_path / "tables/fruit.csv")["weight_g"].to_list() == [1.0, 3.0]
    assert "`figures/fruit_figure.png`" in page([SECTION], 0, ["figures/fruit_figure.png"])


RECORDS = [
    *(record(method, 90, seed, 1.0 + seed) for method in ("emssl", "direct", "cgan") for seed in range(2)),
    record("emssl", 90, replay_share=0.5),
    adapted("replace", "links=3"),
    identified("c0f37e043b04", 1.0),
]


def test_everything_is_computed_once_for_page_and_terminal(monkeypatch, tmp_path):
    counted = Counter()

    def counting(function):
        def call(*args):
            counted[function.__name__] += 1
            return function(*args)

        return call

    for name in ("accuracy_runs", "table_2", "learning_curves"):
        monkeypatch.setattr(accuracy, name, counting(getattr(accuracy, name)))
    data = ReportData(RECORDS)
    sections = report.make_sections(data)
    report.write_sections(sections, data, tmp_path)
    terminal.print_sections(sections, Console(file=io.StringIO()))
    assert counted == {"accuracy_runs": 1, "table_2": 1, "learning_curves": 1}


def test_every_module_of_a_section_is_named_in_the_order_of_the_page():
    from pathlib import Path

    from emssl_bench.report import sections

    there = {path.stem for path in Path(sections.__file__).parent.glob("*.py")} - {"__init__"}
    assert there == set(SECTIONS)
    assert len(SECTIONS) == len(set(SECTIONS))


def test_no_two_files_have_one_name():
    sections = report.make_sections(ReportData(RECORDS))
    files = [file for section in sections for file in section.files]
    assert len(files) == len(set(files)) > 10


def test_no_sentence_of_a_text_or_definition_is_longer_than_forty_words():
    sections = report.make_sections(ReportData(RECORDS))
    parts = [part for section in sections for part in section.body]
    texts = [part.paragraph for part in parts if isinstance(part, Text)]
    texts += [meaning for part in parts if isinstance(part, Definitions) for meaning in part.terms.values()]
    texts += limitations.ITEMS
    assert len(texts) > 40
    for sentence in (sentence for text in texts for sentence in re.split(r"(?<=[.!?])\W* ", text)):
        assert len(sentence.split()) <= 40, sentence


GOOD = """
import pandas as pd
from matplotlib.figure import Figure as Drawn
from emssl_bench.report import Figure, Section, Table, Text

def draw(data):
    figure = Drawn(figsize=(2, 2))
    figure.subplots().plot(data["x"], data["x"])
    return figure

def section(data):
    frame = pd.DataFrame({"x": [len(data.records)]})
    table = Table(frame.astype(str), (), frame, "mine")
    return Section("Of another package", [Text("It says."), table, Figure(frame, draw, "mine", "Drawn")])
"""


def package(folder, name, code):
    """A package as pip leaves it: a module, and metadata that offers its function as a section."""
    (folder / f"{name}.py").write_text(code)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[emssl_bench.sections]\n{name} = {name}:section\n")


@pytest.fixture
def reported(tmp_path, monkeypatch):
    """Makes a report with a package installed; the page, and what was told."""

    def make(name, code):
        site = tmp_path / "site"
        site.mkdir()
        package(site, name, code)
        monkeypatch.syspath_prepend(site)
        told = []
        store = Store(tmp_path / "run", told.append)
        store.save(RECORDS[0])
        report.write(store)
        return store.folder, (store.folder / "report.md").read_text(), told

    return make


def test_another_package_adds_a_section_between_results_and_limitations(reported):
    folder, text, told = reported("adding", GOOD)
    assert told == []
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert titles.index("Of another package") == titles.index("Known limitations") - 1
    assert pd.read_csv(folder / "tables/mine.csv")["x"].to_list() == [1]
    assert (folder / "figures/mine.png").is_file()


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("unimportable", "import no_such_module", "ModuleNotFoundError"),
        ("functionless", "", "AttributeError"),
        ("raising", "def section(data):\n    raise ValueError('two\\nlines')", "ValueError: two\\nlines"),
        ("ending", "def section(data):\n    raise SystemExit('enough')", "SystemExit: enough"),
        ("wordy", "def section(data):\n    return 'text'", "it returned str"),
        ("stealing", GOOD.replace('frame, "mine"', 'frame, "table2"'), "another table or figure is called"),
        ("escaping", GOOD.replace('frame, "mine"', 'frame, "../mine"'), "no name of letters"),
        ("undrawable", GOOD.replace('data["x"], data["x"]', 'data["y"], data["x"]'), "KeyError: 'y'"),
        ("unknown", GOOD.replace('[Text("It says."),', '["It says.",'), "TypeError: a section holds str"),
        ("unbold", GOOD.replace('"mine")\n', '"mine", bold=[(0, "y")])\n'), "KeyError: 'y'"),
        ("frameless", GOOD.replace('(), frame, "mine")', '(), None, "mine")'), "needs a `frame`"),
    ],
)
def test_a_broken_section_is_named_in_one_line_and_left_out(reported, name, code, says):
    folder, text, (line,) = reported(name, code)
    assert line.startswith(f"the section '{name}' of the package '{name}' is left out: ")
    assert says in line
    assert "\n" not in line
    assert "Of another package" not in text
    assert "## Table II" in text
    assert not list(folder.rglob("mine.*"))


def test_a_section_with_nothing_to_show_is_no_section(reported):
    _, text, told = reported("silent", "def section(data):\n    return None")
    assert told == []
    assert "## Table II" in text
