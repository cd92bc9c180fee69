"""What reports are made of, and shortcuts to what they show."""

import json
import re
from dataclasses import replace

import numpy as np

from emssl_bench.report import ReportData, make_sections, terminal
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from emssl_bench.report.sections.accuracy import printed_errors
from tests.examples import record, with_settings


def all_methods(seeds=(0,)):
    """Records of the paper's methods."""
    errors = {"direct": 30.0, "distal": 3.0, "cgan": 6.0, "emssl": 2.0}
    return [
        record(name, joint_range, seed, error + seed / 10)
        for name, error in errors.items()
        for joint_range in (90, 180)
        for seed in seeds
    ]


def table(records):
    """Table II in its long form."""
    return table_2(accuracy_runs(records))


def errors_printed(frame):
    """Table II as printed, of its long form."""
    return printed_errors(frame)[0]


def print_report(records, console):
    """Prints what the terminal shows at the end of a run with these records."""
    terminal.print_sections(make_sections(ReportData(records)), console)


def of_poses(ran, angle_deg=5.0, task="pose"):
    """The record as of another task: its errors are distances, with angles of this mean beside them."""
    distances = {name: value for name, value in ran.metrics.items() if name.startswith("error_")}
    factors = {name: value / ran.metrics["error_mean_cm"] for name, value in distances.items()}
    metrics = {**ran.metrics, **_beside(distances, factors, angle_deg)}
    del metrics["success_rate_5cm"]
    cm, whole = ran.curve["error_mean_cm"], ran.metrics["error_mean_cm"]
    curve = {**ran.curve, **_beside({"error_mean_cm": cm}, {"error_mean_cm": np.array(cm) / whole}, angle_deg)}
    tables = {}
    for name, columns in ran.tables.items():
        errors = {column: values for column, values in columns.items() if "error" in column}
        shares = {column: np.array(values) / whole for column, values in errors.items()}
        tables[name] = {**columns, **_beside(errors, shares, angle_deg)}
    tables["error_by_orientation"] = {
        "azimuth_deg": [-165.0, 15.0, 15.0],
        "elevation_deg": [9.5941, -56.443, 9.5941],
        "targets": [100, 150, 50],
        **{column: tables["error_map"][column] for column in ("error_mean_cm", "angle_mean_deg", "cost_mean_cm")},
    }
    return with_settings(replace(ran, metrics=metrics, curve=curve, tables=tables), task=task)


def _beside(distances, factors, angle_deg):
    """The columns of angles [deg] and costs [cm] beside those of distances [cm], as plain numbers."""
    found = {}
    for name, distance in distances.items():
        degrees = np.asarray(factors[name]) * angle_deg
        found[name.replace("error", "angle").replace("_cm", "_deg")] = degrees.tolist()
        found[name.replace("error", "cost")] = (np.asarray(distance) + 30 * np.radians(degrees)).tolist()
    return found


def page_data(text):
    """The data that a page's scripts draw, with rows and trials by name."""
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    document = json.loads(found)
    for table in ("rows", "trials"):
        names, *rows = document[table]
        document[table] = [dict(zip(names, values, strict=True)) for values in rows]
    return document
