"""The report page with several tasks: what it holds of each, and that it shows one at a time."""

import base64
import os
import shutil

import numpy as np
import pytest

from emssl_bench import report
from emssl_bench.records import Store
from emssl_bench.report import ReportData, page
from emssl_bench.report.page.numbers import DECADES, FINEST
from tests.examples import record
from tests.reports import all_methods, of_poses, page_data


def cost_cm(distance_cm, angle_deg):
    return distance_cm + 30 * np.radians(angle_deg)


def data_of(*records):
    return page_data(page.made([], ReportData(list(records))).decode())


def test_the_page_says_what_a_tasks_one_number_is_and_what_stands_beside_it():
    tasks = data_of(record("emssl", 90), of_poses(record("emssl", 90)))["tasks"]
    assert tasks["position"] == {"word": "error", "meaning": "", "targets": "positions", "apart": [], "rates": []}
    assert tasks["pose"] == {
        "word": "cost",
        "meaning": "distance plus 0.3 m for each radian of angle",
        "targets": "targets",
        "apart": [["Distance", "cm"], ["Angle", "°"]],
        "rates": [["1mm", "1 mm, 0.57°"], ["5mm", "5 mm, 2°"], ["1cm", "1 cm, 5°"]],
    }


def test_a_row_of_poses_has_the_cost_in_front_and_each_error_beside():
    document = data_of(*(of_poses(record("emssl", 90, seed, error=2.0 + seed), 6.0) for seed in range(2)))
    (row,) = document["rows"]
    assert row["error"] == pytest.approx((cost_cm(2, 6) + cost_cm(3, 6)) / 2, rel=1e-5)
    assert row["errors"] == pytest.approx([cost_cm(2, 6), cost_cm(3, 6)], rel=1e-5)
    assert row["apart"][0] == [2.5, 1.25, 5, 22.5]
    assert row["apart"][1][0] == 6
    assert row["rates"] == [0.01, 0.1, 0.4]
    assert "--task pose" in row["command"]
    assert "test targets, which no budget has" in row["command"]
    shares, costs, distances, angles = row["shares"]
    assert (shares[-1], distances[-1], angles[-1]) == (1, 22.5, 54)
    assert costs[-1] == pytest.approx((cost_cm(18, 54) + cost_cm(27, 54)) / 2, rel=1e-3)


def test_a_trial_of_poses_has_its_cost_and_a_curve_of_every_error():
    document = data_of(of_poses(record("emssl", 90, error=2.0), 6.0))
    (trial,) = document["trials"]
    assert trial["error"] == pytest.approx(cost_cm(2, 6), rel=1e-5)
    columns = [document["pool"][place] for place in trial["curve"]]
    named = dict(zip(document["columns"], columns, strict=False))
    assert named["error_mean_cm"] == pytest.approx([cost_cm(e, 3 * e) for e in (8, 4, 2)], rel=1e-3)
    assert columns[len(document["columns"]) :] == [[8, 4, 2], [24, 12, 6]]
    names, values = trial["metrics"]
    metrics = dict(zip(document["pool"][names], values, strict=True))
    assert (metrics["angle_mean_deg"], metrics["forward_calls"]) == (6, 2100)


def decoded(document, found, columns):
    where = np.frombuffer(base64.b64decode(document["pool"][found["where"]]), "<u2").reshape(2, -1)
    errors = np.frombuffer(base64.b64decode(found["errors"]), "<u2").reshape(columns, -1).astype(float)
    return where[0].tolist(), where[1].tolist(), FINEST * 10 ** (DECADES * errors / 65535)


def test_maps_are_of_the_cost_and_methods_share_their_places():
    ran = [of_poses(record(name, 90, error=2.0), 6.0) for name in ("emssl", "direct")]
    document = data_of(*ran)
    first, second = document["directions"].values()
    assert first["where"] == second["where"], "the same test set"
    places, targets, (costs,) = decoded(document, first, 1)
    _, _, _, azimuths, elevations = document["scale"]
    assert (azimuths, elevations) == (12, 6)
    assert dict(zip(places, targets, strict=True)) == {0 * 6 + 3: 100, 6 * 6 + 0: 150, 6 * 6 + 3: 50}
    np.testing.assert_allclose(costs, [cost_cm(1, 3), cost_cm(2, 6), cost_cm(4, 12)], rtol=5e-4)
    _, _, (by_place,) = decoded(document, document["maps"]["0"], 1)
    np.testing.assert_allclose(sorted(by_place), [cost_cm(1, 3), cost_cm(2, 6), cost_cm(4, 12)], rtol=5e-4)
    assert data_of(record("emssl", 90))["directions"] == {}


def test_a_task_that_is_not_known_has_its_one_number():
    document = data_of(of_poses(record("emssl", 90, error=2.0), 6.0, task="grasp"))
    (row,) = document["rows"]
    assert (row["task"], row["error"]) == ("grasp", pytest.approx(cost_cm(2, 6), rel=1e-5))
    assert document["tasks"]["grasp"]["apart"] == []


CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Opens the page of both tasks at a size and in a scheme; it makes no request and has nothing to complain about."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium to open the page in: apt-get install chromium")
    from tests.test_page_browser import Opened

    store = Store(tmp_path_factory.mktemp("tasks"))
    positions = all_methods(seeds=range(2))
    straight = {"direct": 1.0, "distal": 40.0, "cgan": 60.0, "emssl": 80.0}
    poses = [of_poses(each, straight[each.trial.settings.method]) for each in positions]
    for each in [*positions, *poses, of_poses(record("emssl", 90, error=2.5, replay_share=0.25))]:
        store.save(each)
    report.write(store)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield lambda size=(1280, 900), scheme="light": Opened(browser, store.folder / "report.html", size, scheme)
        browser.close()


def heads(page):
    return [text.strip(" ▲▼") for text in page.locator("#board-table thead th").all_inner_texts() if text.strip()]


def column(page, key):
    return page.locator(f'#board-table td[data-key="{key}"]').all_inner_texts()


@pytest.mark.timeout(120)
def test_one_task_is_shown_at_a_time_with_its_own_columns_and_order(opened):
    with opened() as page:
        task = page.get_by_label("Task", exact=True)
        assert task.locator("option").all_inner_texts() == ["pose", "position"]
        task.select_option("position")
        page.get_by_role("button", name="Show all").click()
        assert "Median (cm)" in heads(page)
        assert not [head for head in heads(page) if "Angle" in head or "cost" in head]
        assert len(column(page, "error")) == 8
        task.select_option("pose")
        assert page.evaluate("document.activeElement.id") == "choose-task", "the focus stays"
        page.get_by_role("button", name="Show all").click()
        assert len(column(page, "error")) == 9
        assert {"Mean cost (cm)", "Distance (cm)", "Angle (°)", "Angle, 95 % (°)"} <= set(heads(page))
        assert "≤\u00a01\u00a0mm, 0.57° (%)" in [head.replace("≤ ", "≤\u00a0") for head in heads(page)]
        costs = [float(text.split()[0]) for text in column(page, "error")]
        assert costs == sorted(costs)
        distances = [float(text) for text in column(page, "apart0")]
        assert distances != sorted(distances), "by cost, and not by distance"
        assert "of the task pose" in page.locator("#count").inner_text()
        assert "distance plus 0.3 m for each radian" in page.locator("#board-note").inner_text()
        page.locator('#board-table th[data-key="apart1"] button').click()
        angles = [float(text) for text in column(page, "apart1")]
        assert angles == sorted(angles)
        task.select_option("position")
        assert page.locator('#board-table th[data-key="error"]').get_attribute("aria-sort") == "ascending"


@pytest.mark.timeout(120)
def test_curves_and_distributions_are_of_any_error_of_the_task(opened):
    with opened() as page:
        page.get_by_label("Task", exact=True).select_option("pose")
        of = page.get_by_label("Of", exact=True)
        assert of.locator("option").all_inner_texts() == ["cost", "distance", "angle"]
        seen = []
        for view in ("learning", "shares"):
            page.get_by_label("Show", exact=True).select_option(view)
            for name in ("cost", "distance", "angle"):
                page.get_by_label("Of", exact=True).select_option(label=name)
                seen.append(page.locator("#plot canvas").evaluate("canvas => canvas.toDataURL()"))
        assert len(set(seen)) == 6
        page.get_by_label("Task", exact=True).select_option("position")
        assert page.get_by_label("Of", exact=True).count() == 0
        assert page.locator("#plot canvas").count() == 1


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("size", "scheme"), [((1280, 900), "light"), ((390, 844), "dark")], ids=["desk", "phone"])
def test_errors_by_direction_are_a_map_and_numbers(opened, size, scheme):
    with opened(size, scheme) as page:
        page.get_by_label("Task", exact=True).select_option("pose")
        by = page.get_by_label("By", exact=True)
        before = page.locator("#maps canvas").first.evaluate("canvas => canvas.toDataURL()")
        by.select_option("direction")
        canvas = page.locator("#maps canvas").first
        assert canvas.evaluate("canvas => canvas.toDataURL()") != before
        assert "by the direction of the tool" in canvas.get_attribute("aria-label")
        page.locator("#maps summary").first.click()
        rows = [
            row.locator("td").all_inner_texts() for row in page.locator("#maps table").first.locator("tbody tr").all()
        ]
        assert [(row[0], row[1]) for row in rows] == [("0 to 19", "300"), ("-90 to -42", "300")]
        box = canvas.bounding_box()
        page.mouse.move(box["x"] + 70, box["y"] + box["height"] * 0.4)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.get_by_label("Task", exact=True).select_option("position")
        assert page.get_by_label("By", exact=True).count() == 0
        assert "by place" in page.locator("#maps canvas").first.get_attribute("aria-label")


@pytest.mark.timeout(120)
def test_methods_are_compared_within_the_task_and_trials_say_every_error(opened):
    with opened() as page:
        page.get_by_label("Task", exact=True).select_option("pose")
        page.get_by_label("First", exact=True).select_option(label="Distal supervised learning")
        page.get_by_label("Second", exact=True).select_option(label="EMSSL")
        assert page.locator("#compare-table tbody tr").count() == 2, "two joint ranges, and no positions"
        assert "Distal supervised learning is better in 2" in page.locator("#verdict").inner_text()
        page.locator("#board-table .link").first.click()
        said = page.locator("dialog .numbers").inner_text()
        for name in ("mean angle", "mean cost", "95 % of angles below", "within 1 mm, 0.57°"):
            assert name in said
