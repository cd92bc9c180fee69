"""The report page in a real browser: Chromium without a network, at the widths of a desk and a phone."""

import csv
import os
import re
import shutil
from dataclasses import replace

import pytest

from emssl_bench import report
from emssl_bench.records import Store
from emssl_bench.report import ReportData
from emssl_bench.report.page import Live, LiveTrial, made
from tests.examples import record, with_settings
from tests.reports import all_methods
from tests.test_page import NASTY, voxels

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to open the page in: apt-get install chromium"),
    pytest.mark.timeout(120),
]
playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
DESK, PHONE = (1280, 900), (390, 844)
VIEWS = [pytest.param(size, scheme, id=f"{size[0]}-{scheme}") for size in (DESK, PHONE) for scheme in ("light", "dark")]


def records():
    """Two arms, two joint ranges, five seeds, a variant, maps, a failure."""
    of_arms = all_methods(seeds=range(5))
    for each in all_methods(seeds=range(3)):
        ran = with_settings(each, robot_digest="0123456789ab")
        errors = {name: value * 2 if name.startswith("error") else value for name, value in each.metrics.items()}
        of_arms.append(replace(ran, trial=replace(ran.trial, robot="ur5"), metrics=errors))
    of_arms = [replace(each, tables={**each.tables, "error_voxels": voxels(cells=60)}) for each in of_arms]
    failed = replace(
        record("cgan", 90, 7), status="failed", metrics={}, curve={}, tables={}, error="It is nan: <img src=x>"
    )
    return [*of_arms, record("emssl", 90, error=2.5, replay_share=0.25), failed]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("page"))
    for each in records():
        store.save(each)
    report.write(store)
    return store.folder


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


class Opened:
    """A page, with what it asked for and what it complained about."""

    def __init__(self, browser, path, size=DESK, scheme="light"):
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, offline=True, reduced_motion="reduce"
        )
        self._context.set_default_timeout(10_000)
        self.page = self._context.new_page()
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def __enter__(self):
        return self.page

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._context.close()
        assert self.complaints == []
        assert len(self.requests) == 1, self.requests


@pytest.fixture
def desk(browser, folder):
    with Opened(browser, folder / "report.html") as page:
        yield page


def column(page, key):
    return page.locator(f'#board-table td[data-key="{key}"]').all_inner_texts()


def names(page):
    return page.locator("#board-table tbody .link").all_inner_texts()


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_it_is_one_request_without_a_complaint_and_nothing_overflows(browser, folder, size, scheme):
    with Opened(browser, folder / "report.html", size, scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.get_by_role("button", name="Show all").click()
        page.locator("#fold").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.locator("#plot canvas").bounding_box()["width"] <= size[0]
        page.locator("#board-table .link").first.click()
        assert page.locator("dialog").bounding_box()["width"] <= size[0]
        assert page.evaluate(
            "document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth"
        )


CONTRAST = """() => {
  const parse = (text) => { const v = text.match(/[\\d.]+/g).map(Number); return [v[0], v[1], v[2], v[3] ?? 1]; };
  const linear = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const over = (top, below) => below.map((v, i) => v * (1 - top[3]) + top[i] * top[3]);
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const found = new Map(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility() || element.closest(".unseen, .skip, script, noscript")) continue;
    const background = behind(element), colour = over(parse(getComputedStyle(element).color), background);
    const [a, b] = [light(colour), light(background)].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.set(element.className + " " + element.tagName, text.slice(0, 30));
  }
  return [...found];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(browser, folder, scheme):
    with Opened(browser, folder / "report.html", DESK, scheme) as page:
        page.get_by_role("button", name="Show all").click()
        page.locator("#fold").click()
        assert page.evaluate(CONTRAST) == []
        page.locator("#board-table .link").first.click()
        assert page.evaluate(CONTRAST) == []


def test_the_theme_is_the_systems_until_it_is_switched(browser, folder):
    with Opened(browser, folder / "report.html", DESK, "dark") as page:
        background = "getComputedStyle(document.body).backgroundColor"
        dark = page.evaluate(background)
        page.get_by_role("button", name="Switch between light and dark").click()
        assert page.evaluate(background) != dark


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_leaderboards_numbers_are_those_of_the_table(browser, folder, size):
    with Opened(browser, folder / "report.html", size) as page:
        page.get_by_role("button", name="Show all").click()
        places = [int(row.get_attribute("data-row")) for row in page.locator("#board-table tbody tr").all()]
        shown = {key: column(page, key) for key in ("error", "median", "p95", "cm1", "queries", "steps", "count")}
    table = list(csv.DictReader((folder / "tables" / "table2.csv").read_text().splitlines()))
    assert sorted(places) == list(range(len(table)))
    for at, row in enumerate(table[place] for place in places):
        mean, _, spread = shown["error"][at].partition(" ")
        assert mean == f"{float(row['error_mean_cm']):.2f}"
        if row["error_mean_low_cm"]:
            assert spread == f"[{float(row['error_mean_low_cm']):.2f}, {float(row['error_mean_high_cm']):.2f}]"
        assert shown["median"][at] == f"{float(row['error_median_cm']):.2f}"
        assert shown["p95"][at] == f"{float(row['error_p95_cm']):.2f}"
        assert shown["cm1"][at] == f"{100 * float(row['success_rate_1cm']):.1f}"
        assert shown["queries"][at] == f"{float(row['forward_calls']):,.0f}"
        assert shown["steps"][at] == f"{float(row['gradient_steps']):,.0f}"
        assert shown["count"][at] == row["seeds"]


def test_a_heading_sorts_both_ways_and_says_so(desk):
    heading = desk.locator('#board-table th[data-key="error"]')
    errors = [float(text.split()[0]) for text in column(desk, "error")]
    assert (errors, heading.get_attribute("aria-sort")) == (sorted(errors), "ascending")
    heading.get_by_role("button").focus()
    desk.keyboard.press("Enter")
    assert [float(text.split()[0]) for text in column(desk, "error")] == errors[::-1]
    assert heading.get_attribute("aria-sort") == "descending"
    assert desk.evaluate("document.activeElement.textContent") == "Mean error (cm)", "the focus stays"
    desk.locator('#board-table th[data-key="name"] button').click()
    assert heading.get_attribute("aria-sort") == "none"
    assert names(desk) == sorted(names(desk), key=str.lower)


def test_the_fullest_setup_is_shown_first_and_filters_show_others(desk):
    assert desk.get_by_label("Arm", exact=True).input_value() == "paper6"
    assert len(names(desk)) == 4, "the methods with their default settings"
    desk.get_by_label("Other settings too").check()
    assert len(names(desk)) == 5
    desk.get_by_label("Method", exact=True).select_option("emssl")
    assert names(desk) == ["EMSSL", "EMSSL"]
    desk.get_by_label("Contains").fill("replay_share=0.25")
    assert len(names(desk)) == 1
    assert "1 of" in desk.locator("#count").inner_text()
    desk.get_by_role("button", name="Show all").click()
    assert len(names(desk)) == 17
    assert "ur5" in column(desk, "arm")
    desk.get_by_label("Arm", exact=True).select_option("ur5")
    desk.get_by_label("Joint range").select_option("±180°")
    assert len(names(desk)) == 4


def test_names_with_html_in_them_are_shown_as_text(browser, tmp_path):
    odd = record("emssl", 90)
    odd = replace(odd, trial=replace(odd.trial, robot=NASTY), commit=NASTY, machine={"cpu": NASTY})
    failed = replace(odd, trial=replace(odd.trial, seed=1), status="failed", metrics={}, curve={}, error=NASTY)
    data = ReportData([odd, record("emssl", 90), failed])
    path = tmp_path / "report.html"
    path.write_bytes(made(report.make_sections(data), data))
    with Opened(browser, path) as page:
        page.get_by_role("button", name="Show all").click()
        (arm,) = [arm for arm in column(page, "arm") if "img" in arm]
        assert arm.startswith("<img src=x onerror=alert(1)> </script><script>alert(2)</script>")
        assert arm.endswith("\\u202eright to left\\nand a second line")
        assert page.locator("img[src=x]").count() == 0
        page.locator("#board-table tr", has_text="<img").locator(".link").click()
        assert "commit <img src=x" in page.locator("dialog").inner_text()


def test_a_row_opens_by_enter_and_closes_by_escape(desk):
    link = desk.locator("#board-table .link", has_text="EMSSL").first
    link.focus()
    desk.keyboard.press("Enter")
    dialog = desk.locator("dialog")
    assert dialog.is_visible()
    text = dialog.inner_text()
    for said in (
        "seed 0",
        "cauchy_scale" if "cauchy_scale" in text else "epochs",
        "commit abc",
        "a CPU",
        "torch 2.13.0",
    ):
        assert said in text
    assert "emssl-bench run --method emssl" in text
    assert dialog.locator("canvas").count() >= 1
    desk.get_by_label("Trial", exact=True).select_option("3")
    assert "seed 3" in dialog.locator("select").first.locator("option:checked").inner_text()
    desk.get_by_label("Beside it, settings of").select_option(index=1)
    assert "differ" in dialog.inner_text()
    assert dialog.locator("td.differs").count() > 0
    desk.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert desk.evaluate("document.activeElement.textContent") == "EMSSL", "the focus returns"


def picture(page, selector):
    return page.locator(selector).evaluate("canvas => canvas.toDataURL()")


def test_curves_change_axes_tell_values_and_switch_lines(desk):
    before = picture(desk, "#plot canvas")
    for over in ("forward_calls", "gradient_steps", "fit_seconds"):
        desk.get_by_label("Over", exact=True).select_option(over)
        assert picture(desk, "#plot canvas") != before
    desk.get_by_label("Over", exact=True).select_option("iteration")
    assert picture(desk, "#plot canvas") == before
    desk.get_by_label("Error axis").select_option("linear")
    linear = picture(desk, "#plot canvas")
    assert linear != before
    desk.locator("#plot").focus()
    for _ in range(70):
        desk.keyboard.press("ArrowRight")
    told = dict(
        zip(
            desk.locator("#legend button span").all_inner_texts(),
            desk.locator("#legend output").all_inner_texts(),
            strict=True,
        )
    )
    assert float(told["EMSSL"]) == pytest.approx(2.2, abs=0.1), "the mean of the last iteration"
    first = desk.locator("#legend button").first
    first.focus()
    desk.keyboard.press("Enter")
    assert first.get_attribute("aria-pressed") == "false"
    desk.wait_for_function("before => document.querySelector('#plot canvas').toDataURL() !== before", arg=linear)
    desk.get_by_label("Show", exact=True).select_option("shares")
    assert desk.locator("#plot canvas").count() == 1
    assert desk.get_by_label("Over", exact=True).count() == 0


def test_a_legend_of_many_lines_has_them_all(desk):
    desk.get_by_role("button", name="Show all").click()
    lines = desk.locator("#legend button")
    assert lines.count() == 17
    assert desk.locator('#legend button[aria-pressed="true"]').count() == 12
    assert len(set(lines.locator("span").all_inner_texts())) == 17, "no two are called the same"
    assert "Of 17 lines the best 12" in desk.locator("#curve-note").inner_text()


def test_the_map_turns_by_keys_and_by_mouse_and_hides_what_is_below_a_threshold(desk):
    canvas = desk.locator("#maps canvas").first
    seen = [picture(desk, "#maps canvas >> nth=0")]
    canvas.focus()
    for key in ("ArrowRight", "ArrowUp", "+"):
        desk.keyboard.press(key)
        desk.wait_for_function("before => document.querySelector('#maps canvas').toDataURL() !== before", arg=seen[-1])
        seen.append(picture(desk, "#maps canvas >> nth=0"))
    box = canvas.bounding_box()
    desk.mouse.move(box["x"] + 100, box["y"] + 100)
    desk.mouse.down()
    desk.mouse.move(box["x"] + 160, box["y"] + 130)
    desk.mouse.up()
    desk.wait_for_function("before => document.querySelector('#maps canvas').toDataURL() !== before", arg=seen[-1])
    desk.locator("#map-options input[type=range]").fill("100")
    assert "cm" in desk.locator("#map-options output").inner_text()
    desk.get_by_label("Cut open").check()
    desk.get_by_label("Beside it", exact=True).select_option("none")
    assert desk.locator("#maps canvas").count() == 1
    desk.locator("#maps summary").click()
    assert desk.locator("#maps tbody tr").count() > 3


def test_any_two_methods_are_compared_by_pairs_of_seeds(desk):
    desk.get_by_label("First", exact=True).select_option(label="EMSSL")
    desk.get_by_label("Second", exact=True).select_option(label="Direct regression")
    rows = [row.locator("td").all_inner_texts() for row in desk.locator("#compare-table tbody tr").all()]
    assert len(rows) == 4, "two arms, two joint ranges"
    paper6 = next(row for row in rows if row[0].startswith("paper6, ±90°"))
    assert paper6[1] == "−28.00 ▼ better"
    assert paper6[3:] == ["100 %", "2.20", "30.20", "5"]
    assert "EMSSL is better in 4" in desk.locator("#verdict").inner_text()


def test_arms_are_summed_up(desk):
    text = desk.locator("#arms-table").inner_text()
    assert "paper6" in text
    assert "ur5" in text
    ranks = {
        row.locator("td").all_inner_texts()[0]: row.locator("td").all_inner_texts()[4]
        for row in desk.locator("#arms-table tbody tr").all()
    }
    assert ranks["EMSSL"] == "1.0"
    assert ranks["Direct regression"] == "4.0"


def test_failures_are_listed_with_their_reasons_and_open(desk):
    assert "1 failed" in desk.locator("#lead").inner_text()
    entry = desk.locator("#failure-list li")
    assert "It is nan: <img" in entry.inner_text()
    entry.get_by_role("button").click()
    assert "Failed: CGAN" in desk.locator("dialog").inner_text()


def test_the_keyboard_reaches_everything_and_the_focus_is_seen(desk):
    reached = set()
    for _ in range(60):
        desk.keyboard.press("Tab")
        tag, where, outline = desk.evaluate(
            "(() => { const e = document.activeElement; return [e.tagName, (e.closest('section') || {}).id || '', "
            "getComputedStyle(e).outlineStyle]; })()"
        )
        reached.add((tag, where))
        assert outline != "none", (tag, where)
    assert {
        ("SELECT", "board"),
        ("BUTTON", "board"),
        ("SELECT", "curves"),
        ("DIV", "curves"),
        ("BUTTON", "curves"),
    } <= reached
    assert {("CANVAS", "map"), ("INPUT", "map")} <= reached


def test_the_printed_page_is_not_empty_and_has_all_sections(desk, tmp_path):
    desk.emulate_media(media="print")
    assert not desk.locator("#filters").is_visible()
    path = tmp_path / "page.pdf"
    desk.pdf(path=path)
    assert path.stat().st_size > 30_000
    assert len(re.findall(rb"/Type\s*/Page\b", path.read_bytes())) >= 3


def test_what_was_chosen_survives_a_reload(browser, folder):
    opened = Opened(browser, folder / "report.html")
    opened.page.get_by_label("Arm", exact=True).select_option("ur5")
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready]", state="attached")
    assert opened.page.get_by_label("Arm", exact=True).input_value() == "ur5"
    assert opened.complaints == []
    opened.requests.pop()
    opened.close()


def written(tmp_path, *given):
    store = Store(tmp_path)
    for each in given:
        store.save(each)
    report.write(store)
    return tmp_path / "report.html"


def test_a_page_of_one_failed_trial_and_nothing_else(browser, tmp_path):
    failed = replace(record("emssl", 90), status="failed", metrics={}, curve={}, tables={}, error="It broke")
    with Opened(browser, written(tmp_path, failed), PHONE) as page:
        assert "It broke" in page.locator("#failures").inner_text()
        for part in ("board", "curves", "map", "compare", "arms"):
            assert not page.locator(f"#{part}").is_visible(), part


def test_records_without_maps_are_said_to_have_none(browser, tmp_path):
    with Opened(browser, written(tmp_path, replace(record("emssl", 90), tables={}))) as page:
        assert "before errors were recorded by place" in page.locator("#map-note").inner_text()


def test_older_maps_are_flat(browser, tmp_path):
    with Opened(browser, written(tmp_path, record("emssl", 90), record("direct", 90))) as page:
        assert "older than the map in three dimensions" in page.locator("#map-note").inner_text()
        assert page.locator("#maps canvas").count() == 2


def test_a_live_page_says_how_trials_are_doing_and_reads_itself_anew(browser, tmp_path):
    data, path = ReportData([record("emssl", 90)]), tmp_path / "report.html"
    trials = [LiveTrial("paper6 cgan", "running", 3, 9, 1.234, 60.0), LiveTrial("paper6 direct")]
    path.write_bytes(made([], data, live=Live(trials, at="12:00:00")))
    opened = Opened(browser, path)
    page = opened.page
    row = page.locator("#live-table tbody tr").first.locator("td").all_inner_texts()
    assert (row[0], row[2], row[3]) == ("paper6 cgan", "3 / 9", "1.23")
    assert page.locator("#report").is_hidden(), "the tables come when the run has ended"
    path.write_bytes(made([], data, live=Live(trials, "stopped", at="12:01:00")))
    page.evaluate("look()")
    page.locator("#h-live", has_text="ended early").wait_for()
    assert "not begun" in page.locator("#live-text").inner_text()
    assert opened.complaints == []
    opened.requests.pop()
    opened.close()


def test_a_page_of_two_thousand_trials_is_usable(browser, tmp_path):
    records = [
        record("emssl", 90, seed, error=2 + seed / 9 + setting / 50, cauchy_scale=(1 + setting) / 100)
        for setting in range(200)
        for seed in range(10)
    ]
    path = tmp_path / "report.html"
    path.write_bytes(made([], ReportData(records)))
    with Opened(browser, path) as page:
        page.get_by_role("button", name="Show all").click()
        assert len(names(page)) == 200
        page.get_by_label("Contains").fill("cauchy_scale=0.5")
        assert len(names(page)) == 10
