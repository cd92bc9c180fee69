"""Names that others chose are printed as they are, whatever they hold: in figures, Markdown, LaTeX and the terminal."""

import io
import re
import string
import warnings
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from rich.console import Console

from emssl_bench import report
from emssl_bench.records import Store
from emssl_bench.report import escaping
from emssl_bench.report.figures import workspace
from emssl_bench.report.figures.error_map import draw_error_map
from emssl_bench.report.frames.accuracy import accuracy_runs, learning_curves
from emssl_bench.report.latex import latex_table
from emssl_bench.report.markdown import markdown_table
from emssl_bench.report.section import Table
from emssl_bench.report.sections.error_map import error_cells
from emssl_bench.report.sections.learning_curves import draw_learning_curves
from tests.commands import run
from tests.examples import record
from tests.reports import print_report
from tests.urdf_files import joint, load

pytestmark = pytest.mark.usefixtures("with_pictures")

NASTY = [
    "a$b",
    "$x$ and $y$",
    "\\frac{",
    "50 %",
    "a_b^c & d#e~",
    "a|b",
    "`c`",
    "*bold*",
    "_it_",
    "<b>",
    "[a](b)",
    "a\nb",
]


def of_arm(name, **settings):
    ran = record("emssl", 90, **settings)
    return replace(ran, trial=replace(ran.trial, robot=name))


def texts(figure):
    """What a drawn figure shows, as text; drawing it parses every text that is mathematics."""
    figure.savefig(io.BytesIO(), format="png")
    return [text for text in figure.findobj(plt.Text) if text.get_text()]


@pytest.mark.parametrize("name", NASTY)
def test_figures_show_a_name_as_it_is_and_never_as_mathematics(name):
    trained = accuracy_runs([of_arm(name)])
    for figure in (
        draw_learning_curves(learning_curves(trained)),
        draw_error_map(error_cells(trained)),
    ):
        shown = texts(figure)
        named = [text for text in shown if name.replace("\n", "\\n") in text.get_text()]
        assert named
        assert not any(text.get_parse_math() for text in named)
        plt.close(figure)


@pytest.mark.parametrize("name", ["a$b", "$x$", "$\\frac{$", "x" * 200, "[red]", "a\nb", "臂"])
def test_an_arm_and_links_of_any_name_are_checked_and_drawn(capfd, tmp_path, name):
    escaped = name.replace("\n", "&#10;")
    chain = joint(f"{escaped} joint", "a", "b"), joint("turn", "b", escaped, axis="1 0 0", xyz="0 0 1")
    links = "".join(f'<link name="{link}"/>' for link in ("a", "b", escaped))
    path = tmp_path / f"{name}.urdf"
    path.write_text(f'<robot name="r">{links}{"".join(chain)}</robot>')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        code, out, err = run(capfd, "check", str(path), "--tip", name, "--out", str(tmp_path / "out"))
    assert (code, err) == (0, "")
    (picture,) = (tmp_path / "out").iterdir()
    assert picture.name.startswith("workspace-")
    assert len(picture.name) < 100
    assert [line for line in out.splitlines() if line.startswith(name.replace("\n", "\\n") + " joint ")]


def test_a_title_of_two_dollars_is_two_dollars(tmp_path):
    robot = load(
        tmp_path, joint("lift", "a", "b"), joint("turn", "b", "c", axis="0 1 0", xyz="0 0 1"), tip="c", links="abc"
    )
    figure = workspace.draw(robot, pd.DataFrame({"x": [0.1], "y": [0.1], "z": [0.1]}).to_numpy(), "$\\alpha$ to $\\b$")
    assert figure.get_suptitle().startswith("$\\alpha$ to $\\b$: 1 random")
    assert not any(text.get_parse_math() for text in texts(figure) if "alpha" in text.get_text())
    plt.close(figure)


@pytest.mark.parametrize("name", NASTY)
def test_every_row_of_a_markdown_table_has_the_columns_of_its_head(name):
    table = markdown_table(
        Table(pd.DataFrame({"Arm": [name], "Method": [f"{name} ({name})"], "Seeds": [1]}), ("Arm", "Method"))
    )
    rows = table.splitlines()
    assert len(rows) == 3
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}


@pytest.mark.parametrize("char", sorted(set(string.punctuation) - set("!\"#'()+,-./:;=>?@[]^{}%")))
def test_nothing_that_markdown_reads_is_left_bare(char):
    assert escaping.in_markdown(f" {char} ") == f"\\{char}" or char == " "
    assert escaping.in_markdown(f"x {char}{char}y{char}{char} z").count(f"\\{char}") == 4


def test_names_that_hold_nothing_special_are_left_as_they_are():
    for name in ("EMSSL (new_optimiser=True, replay_share=0.67)", "transport[shared memory]", "every link +1 cm: ±90°"):
        assert escaping.in_markdown(name) == name


def test_a_code_span_ends_where_its_text_does():
    assert escaping.in_code("a") == "`a`"
    assert escaping.in_code("a`b") == "``a`b``"
    assert escaping.in_code("``a") == "``` ``a ```"


def test_latex_gets_no_character_that_is_a_command():
    assert escaping.in_latex("a_b & 50% #1 $x$ {y} ~ ^ \\z") == (
        r"a\_b \& 50\% \#1 \$x\$ \{y\} \textasciitilde{} \textasciicircum{} \textbackslash{}z"
    )
    assert escaping.in_latex("[1] or *") == "{[}1] or *"
    assert escaping.in_latex("± 5° < 6") == r"$\pm$ 5$^\circ$ $<$ 6"
    table = latex_table(Table(pd.DataFrame({"Method": ["a & b"], "a_b (cm)": [1]}), ("Method",)))
    assert table.count("&") == 3, "one between the columns of each row, and the escaped one"
    assert r"a\_b (cm)" in table


def test_the_terminal_shows_brackets_colons_and_escapes_as_text():
    name, out = "[red]x[/] :robot: \x1b[31m", io.StringIO()
    console = Console(file=out, width=300, markup=False, emoji=False)
    print_report([of_arm(name), of_arm("other")], console)
    assert "[red]x[/] :robot: \\x1b[31m" in out.getvalue()


def test_the_page_shows_names_and_reasons_as_they_are(tmp_path):
    store = Store(tmp_path)
    store.save(of_arm("a|b$c$*d*"))
    failed = replace(of_arm("a|b$c$*d*", seed=1), status="failed", metrics={}, curve={}, error="it <broke> `here` | so")
    store.save(failed)
    report.write(store)
    text = (tmp_path / "report.md").read_text()
    results = [line for line in text.splitlines() if "a\\|b" in line]
    assert len(results) == 4, "of three tables and the settings"
    assert not [line for line in text.splitlines() if "a|b$c$*d*" in line and not line.startswith("- `")]
    assert "it \\<broke> \\`here\\` \\| so" in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
