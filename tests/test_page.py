"""The report page without a browser: what it holds, how large it is, and that nothing in it is read as markup."""

import base64
import csv
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emssl_bench import report
from emssl_bench.records import Record, Store, Trial
from emssl_bench.records.settings import SolversSettings
from emssl_bench.report import ReportData, Section, Table, Text, html, page
from emssl_bench.report.frames.over_arms import over_arms, reaches_m
from emssl_bench.report.page.numbers import DECADES, FINEST, thinned
from emssl_bench.report.page.rows import NUMBERS
from tests.examples import record, with_settings
from tests.reports import all_methods, page_data

NASTY = (
    '<img src=x onerror=alert(1)> </script><script>alert(2)</script> & "quoted" \u202eright to left\nand a second line'
)


def of_arm(name, **given):
    ran = record("emssl", 90, **given)
    return replace(ran, trial=replace(ran.trial, robot=name))


def made(*records):
    data = ReportData(list(records))
    return page.made(report.make_sections(data), data).decode()


class Elements(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        ("uPlot.iife.min.js", "4408ace91a18b4888998171e122da65b9ab28711c30f19a6a591491c5a82caf1"),
        ("uPlot.min.css", "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"),
        ("uPlot.LICENSE", "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd"),
    ],
)
def test_uplot_is_as_its_authors_published_version_1_6_32(name, sha256):
    content = (page.ASSETS / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == sha256
    assert "v1.6.32" in (page.ASSETS / "uPlot.iife.min.js").read_text()[:80]


def test_the_page_names_uplot_its_version_and_its_licence():
    text = made(record("emssl", 90))
    assert "uPlot 1.6.32" in text
    assert "Copyright (c) 2022 Leon Sorokin" in text


def test_own_files_are_short():
    for path in [*page.ASSETS.glob("*.js"), *page.ASSETS.glob("*.css"), page.ASSETS / "template.html"]:
        assert path.name.startswith("uPlot") or len(path.read_text().splitlines()) <= 250, path


def test_the_policy_allows_the_pages_own_scripts_and_nothing_else():
    text = made(record("emssl", 90))
    policy = html_unescaped(re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0])
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 2
    assert rules["script-src"].split() == [hashed(script) for script in scripts]
    assert rules["style-src"].split() == [hashed(re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0])]
    assert "unsafe" not in policy
    parsed = Elements(text)
    assert not any(name.startswith("on") or name == "style" for _, attributes in parsed.tags for name in attributes)
    assert not any("//" in (attributes.get(name) or "") for _, attributes in parsed.tags for name in ("src", "href"))


def hashed(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def html_unescaped(text):
    return text.replace("&#39;", "'").replace("&amp;", "&")


def test_names_are_shown_as_text_wherever_they_stand():
    odd = of_arm(NASTY)
    odd = replace(odd, commit=NASTY, machine={"cpu": NASTY, "torch": NASTY})
    failed = replace(
        odd, trial=replace(odd.trial, seed=1), status="failed", metrics={}, curve={}, error=NASTY.replace("\n", " ")
    )
    text = made(odd, with_settings(odd, plugin={"package": NASTY, "version": NASTY, "code": "c"}), failed)
    assert "\u202e" not in text
    assert text.count("<script") == text.count("</script>") == 3
    parsed = Elements(text)
    assert not any("onerror" in attributes for _, attributes in parsed.tags)
    document = page_data(text)
    row = document["rows"][0]
    assert row["arm"].startswith("<img src=x onerror=alert(1)> </script>")
    assert "\\u202eright to left\\nand a second line" in row["arm"]
    assert "\\u202e" in document["failures"][0]["reason"]


@pytest.mark.parametrize("cell", [NASTY, "a|b", "*c*", "`d`", "&amp;", "[e](https://example.org)"])
def test_cells_of_tables_are_text(cell):
    table = Table(pd.DataFrame({cell: [cell], "n": ["1.00 [0.9, 1.1]"]}), (cell,), bold=[(0, "n")])
    shown = html.table_html(table, cell)
    parsed = Elements(shown)
    assert [tag for tag, _ in parsed.tags] == [
        "div",
        "table",
        "thead",
        "tr",
        "th",
        "th",
        "tbody",
        "tr",
        "td",
        "td",
        "b",
    ]
    expected = cell.replace("\u202e", "\\u202e").replace("\n", "\\n")
    assert parsed.texts[0] == parsed.texts[2] == expected
    assert "<b>1.00</b> [0.9, 1.1]" in shown


def test_texts_have_emphasis_code_and_links_and_no_images_and_no_html():
    shown = html.inline("**a** *b* `c` [d](e.csv) ![f](https://example.org/f.png) <b onclick=x>g</b> \\*h\\*")
    assert '<strong>a</strong> <em>b</em> <code>c</code> <a href="e.csv">d</a>' in shown
    assert "<img" not in shown
    assert "<b " not in shown
    assert shown.endswith("*h*")
    assert "javascript:" not in html.inline("[a](javascript:alert(1))").partition("href")[2]


def test_every_kind_of_part_is_rendered():
    with pytest.raises(TypeError, match="holds int"):
        html.section_html(Section("a", [1]), 0, {})  # type: ignore[list-item]
    assert (
        html.section_html(Section("", [Text("only *text*")]), 0, {})
        == '<div class="text"><p>only <em>text</em></p></div>'
    )


def test_the_leaderboards_numbers_are_those_of_the_table(tmp_path):
    store = Store(tmp_path)
    for each in all_methods(seeds=range(5)):
        store.save(each)
    report.write(store)
    rows = page_data((tmp_path / "report.html").read_text())["rows"]
    table = list(csv.DictReader((tmp_path / "tables" / "table2.csv").read_text().splitlines()))
    assert len(rows) == len(table) == 8
    for row, expected in zip(rows, table, strict=True):
        assert (row["method"], row["count"]) == (expected["method"], int(expected["seeds"]))
        for name, column in NUMBERS.items():
            assert (row[name] is None) == (expected[column] == ""), name
            assert row[name] is None or row[name] == float(expected[column]), name


def test_the_page_is_the_same_bytes_every_time_and_names_no_folder(tmp_path):
    contents = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        store = Store(folder)
        for each in all_methods():
            store.save(each)
        report.write(store)
        contents.append((folder / "report.html").read_bytes())
    assert contents[0] == contents[1]
    assert str(tmp_path).encode() not in contents[0]


def test_a_page_of_one_failed_trial_and_nothing_else_says_why():
    failed = replace(record("emssl", 90), status="failed", metrics={}, curve={}, tables={}, error="Diverged: it is nan")
    document = page_data(made(failed))
    assert document["rows"] == document["trials"] == []
    assert document["failures"][0]["reason"] == "Diverged: it is nan"
    assert "seed 0 on paper6" in document["failures"][0]["name"]


def test_trials_have_their_settings_machine_commit_and_curve():
    document = page_data(made(record("emssl", 90), record("emssl", 90, seed=1)))
    first, second = document["trials"]
    assert first["commit"] == "abc"
    assert document["pool"][first["machine"]] == {"cpu": "a CPU", "torch": "2.13.0"}
    assert first["settings"] == second["settings"], "what trials share is held once"
    assert document["pool"][first["settings"]]["epochs"] == "5"
    curve = dict(zip(document["columns"], (document["pool"][place] for place in first["curve"]), strict=True))
    assert curve["error_mean_cm"] == [8, 4, 2]
    assert curve["forward_calls"] == [700, 1400, 2100]


def test_long_curves_keep_their_ends_and_no_more_points_than_are_seen():
    for length in (1, 2, 59, 60, 61, 200, 5_000):
        kept = thinned(length)
        assert (kept[0], kept[-1]) == (0, length - 1)
        assert kept == sorted(set(kept))
        assert len(kept) <= 60


def voxels(seed=0, cells=300):
    drawn = np.random.default_rng(seed)
    places = 0.1 * (
        np.unravel_index(drawn.choice(16**3, cells, replace=False), (16, 16, 16)) - np.array([[8], [8], [8]])
    )
    x, y, z = np.round(places + 0.05, 6)
    return {
        **{"x_m": x.tolist(), "y_m": y.tolist(), "z_m": z.tolist(), "targets": [5] * cells},
        **{"error_mean_cm": [1.5] * cells, "error_p95_cm": [4.0] * cells},
    }


def test_maps_have_three_dimensions_where_the_records_do():
    old = record("direct", 90)
    new = replace(record("emssl", 90), tables={**old.tables, "error_voxels": voxels()})
    document = page_data(made(old, new))
    names = [row["method"] for row in document["rows"]]
    flat, solid = (document["maps"][str(names.index(name))] for name in ("direct", "emssl"))
    assert (flat["kind"], flat["count"]) == ("flat", 3)
    assert (solid["kind"], solid["count"]) == ("solid", 300)
    assert solid["size"] == pytest.approx(0.1)
    cells = np.frombuffer(base64.b64decode(document["pool"][solid["where"]]), "<u2").reshape(2, -1)
    means, _ = np.frombuffer(base64.b64decode(solid["errors"]), "<u2").reshape(2, -1)
    side = document["scale"][2]
    found = {(p // side // side, p // side % side, p % side) for p in cells[0].tolist()}
    steps = [np.round(np.array(voxels()[axis]) / 0.1 - 0.5).astype(int) + side // 2 for axis in ("x_m", "y_m", "z_m")]
    assert found == set(zip(*(each.tolist() for each in steps), strict=True))
    assert set(cells[1]) == {5}
    errors_cm = FINEST * 10 ** (DECADES * means.astype(float) / 65535)
    np.testing.assert_allclose(errors_cm, 1.5, rtol=5e-4)


def test_records_without_any_map_have_none():
    assert page_data(made(replace(record("emssl", 90), tables={})))["maps"] == {}


def test_a_summary_over_arms_divides_by_reach():
    records = []
    for arm, size in (("small", 0.1), ("large", 0.2)):
        for name, error in (("emssl", 2.0), ("direct", 6.0)):
            for seed in range(3):
                ran = with_settings(record(name, 90, seed, error=error * size / 0.1), robot_digest=f"{arm}digest")
                cells = {**ran.tables["error_map"], "radius_m": [size / 2, size / 2, 1.5 * size]}
                cells["height_m"] = [-size / 2, size / 2, size / 2]
                records.append(replace(ran, trial=replace(ran.trial, robot=arm), tables={"error_map": cells}))
    data = ReportData(records)
    assert reaches_m(data.accuracy_runs) == pytest.approx({"smalldigest": 1.2, "largedigest": 2.4})
    table = over_arms(data.accuracy_runs).set_index("method")
    assert table.loc["emssl", "iqm_share"] == pytest.approx(0.02 / 1.2)
    assert table.loc["emssl", "iqm_low_share"] == pytest.approx(0.02 / 1.2)
    assert (table.loc["emssl", "rank"], table.loc["direct", "rank"]) == (1, 2)
    assert over_arms(ReportData(records[:6]).accuracy_runs).empty, "one arm is no summary"
    assert page_data(made(*records))["overArms"][0]["arms"] == ["large", "small"]


def of_solver(name, model=None, seconds=2e-4):
    own = {"robot_digest": "c0f37e043b04", "device": "cpu", "threads": 1, "joint_range_deg": 90}
    settings = SolversSettings(**own, task="position", targets="uniform", solver=name, model=model, **SOLVED_WITH)
    metrics = {"targets": 50, "one_seconds_median": seconds, "error_median_mm": 1e-3, "error_p95_mm": 3e-3}
    metrics |= {"error_max_mm": 5.0, "success_rate_10mm": 1.0, "success_rate_1mm": 0.98}
    return Record(Trial("paper6", 0, settings), "done", metrics, machine={"cpu": "a CPU"}, commit="abc")


SOLVED_WITH = {"count": 50, "cpu_seconds": 1.0, "machine": "m"}


def test_numerical_solvers_stand_beside_the_methods_marked_and_tell_how_long_an_answer_takes():
    trained = record("emssl", 90)
    learned = of_solver("learned", {"method": "emssl", "digest": trained.trial.digest})
    other = of_solver("learned", {"method": "emssl", "digest": "0" * 12}, seconds=9.0)  # a model of another task, say
    rows = page_data(made(trained, record("lookup", 90), of_solver("table"), learned, other))["rows"]
    emssl, lookup, solver = rows
    assert [row["kind"] for row in rows] == ["method", "floor", "solver"]
    assert emssl["answer"] == 2e-4, "of the trained model alone"
    assert lookup["answer"] is None
    assert (solver["median"], solver["mm1"], solver["cm1"], solver["answer"]) == (1e-4, 0.98, 1, 2e-4)
    assert (solver["arm"], solver["data"], solver["range"]) == ("paper6", "uniform targets", "±90°")


def test_commands_train_a_row_again():
    (row,) = page_data(made(*(record("emssl", 90, seed, epochs=7) for seed in (0, 1, 2, 5))))["rows"]
    assert row["command"].startswith("emssl-bench run --method emssl --robot paper6 --joint-range 90 --seeds 0-2 5")
    assert "emssl.epochs=7" in row["command"]
    assert "which no budget has" in row["command"]


@pytest.mark.timeout(120)
def test_two_thousand_records_stay_below_ten_megabytes():
    long = {
        "iteration": list(range(1, 201)),
        "error_mean_cm": [9.123456 / step for step in range(1, 201)],
        "fit_seconds": [1.2345678 * step for step in range(1, 201)],
        "forward_calls": [14_000 * step for step in range(1, 201)],
        "gradient_steps": [5_470 * step for step in range(1, 201)],
    }
    tables, records = {**record("emssl", 90).tables, "error_voxels": voxels(cells=1_000)}, []
    for setting in range(100):
        for seed in range(20):
            ran = record("emssl", 90, seed, error=2 + seed / 7, cauchy_scale=(1 + setting) / 100)
            errors = [error * (1 + seed / 100) for error in long["error_mean_cm"]]
            records.append(replace(ran, curve={**long, "error_mean_cm": errors}, tables=tables))
    assert len(records) == 2_000
    text = made(*records)
    assert len(text.encode()) < 10e6
    assert len(page_data(text)["trials"]) == 2_000


def test_a_live_page_refreshes_itself_and_an_ended_one_does_not():
    data = ReportData([record("emssl", 90)])
    trials = [page.LiveTrial("a"), page.LiveTrial("b", "running", 3, 9, 1.23456, 60.0), page.LiveTrial("c", "done")]
    going = page.made([], data, live=page.Live(trials, at="12:00:00")).decode()
    assert 'http-equiv="refresh"' in going
    live = page_data(going)["live"]
    assert live["counts"] == {"waiting": 1, "running": 1, "done": 1, "failed": 0}
    assert [trial["name"] for trial in live["trials"]] == ["b", "a"]
    ended = page.made([], data, live=page.Live(trials, "stopped")).decode()
    assert 'http-equiv="refresh"' not in ended
    assert page_data(ended)["live"]["state"] == "stopped"
    assert page_data(made(record("emssl", 90)))["live"] is None


def test_pictures_are_small_and_no_more_than_fit(tmp_path, monkeypatch):
    from matplotlib.figure import Figure as Drawn

    from emssl_bench.report.files import write_figure

    def draw(frame):
        figure = Drawn(figsize=(8, 5))
        figure.subplots().plot(frame["y"])
        return figure

    frame = pd.DataFrame({"y": np.sin(np.linspace(0, 9, 99))})
    figures = [report.Figure(frame, draw, stem, "A sine") for stem in ("a", "b", "fig6")]
    for figure in figures:
        write_figure(figure, tmp_path)
    sections = [Section("Figures", figures)]
    found = page.pictures(sections, tmp_path)
    assert list(found) == ["a", "b"], "the page draws the data of fig6 itself"
    assert all(len(found[stem]) < (tmp_path / f"{stem}.png").stat().st_size for stem in found)
    shown = html.sections_html(sections, found)
    assert shown.count('src="data:image/png;base64,') == 2
    assert 'href="#curves"' in shown
    monkeypatch.setattr(page, "MOST_PICTURES", len(found["a"]))
    assert list(page.pictures(sections, tmp_path)) == ["a"]
    assert "figures/b.png" in html.sections_html(sections, {})


REFERENCE = Path(__file__).parent.parent / "results" / "reference"


@pytest.mark.skipif(not (REFERENCE / "report.html").exists(), reason="the page of results/reference is not published")
def test_the_published_page_is_what_the_records_give_and_small():
    data = ReportData.of(Store(REFERENCE))
    sections = report.make_sections(data)
    published = (REFERENCE / "report.html").read_bytes()
    assert page.made(sections, data, page.pictures(sections, REFERENCE / "figures")) == published
    assert len(published) <= 2_500_000
