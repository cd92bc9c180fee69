"""Errors by place for the page's map: voxels where records have them, otherwise distance from the axis and height."""

from typing import Any

import numpy as np
import pandas as pd

from emssl_bench.experiments.evaluation import VOXELS
from emssl_bench.report.figures.error_map import cell_size_m
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, table_of_runs
from emssl_bench.report.page.numbers import number, on_scale, packed
from emssl_bench.report.sections.error_map import error_cells

SIDE = 2 * VOXELS + 2
"""Voxels beside each other: both ways as far as the arm reaches, and one more for rounding."""
_PLACES = ["x_m", "y_m", "z_m"]


def maps(data: ReportData) -> dict[int, dict[str, Any]]:
    """The map of each row of Table II that has one, by the row's place.

    `cells` are columns of 16 bits: place, targets, mean error and 95th percentile, the latter two on the scale of
    `numbers.on_scale`. A place is (x · SIDE + y) · SIDE + z in voxels of `size` [m], the first of them at
    -VOXELS - 1; or radius · 256 + height + 128.
    """
    places = {key: place for place, key in enumerate(data.table_2[KEY].itertuples(index=False, name=None))}
    flat, solid = error_cells(data.accuracy_runs), voxels(data.accuracy_runs)
    found = {}
    if not flat.empty:
        for key, cells in flat.groupby(KEY, sort=False):
            found[places[key]] = _flat(cells)
    if not solid.empty:
        for key, cells in solid.groupby(KEY, sort=False):
            found[places[key]] = _solid(cells)
    return found


def voxels(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II and voxel: its targets of all seeds, their mean error and the mean of the 95 %."""
    cells = table_of_runs(runs, "error_voxels")
    if cells.empty:
        return cells
    for name in ("error_mean_cm", "error_p95_cm"):
        cells[name] *= cells["targets"]  # now sums
    sums = cells.groupby([*KEY, *_PLACES], sort=False)[["targets", "error_mean_cm", "error_p95_cm"]].sum()
    for name in ("error_mean_cm", "error_p95_cm"):
        sums[name] /= sums["targets"]
    return sums.reset_index()


def _solid(cells: pd.DataFrame) -> dict[str, Any]:
    points = cells[_PLACES].to_numpy()
    gaps = np.diff(np.unique(np.abs(points)))
    size = min(float(2 * np.abs(points).min()), float(gaps[gaps > 1e-6].min(initial=np.inf)))
    x, y, z = np.clip(np.floor(points / size).astype(int) + VOXELS + 1, 0, SIDE - 1).T
    place = (x * SIDE + y) * SIDE + z
    return _packed("solid", size, place, cells["targets"], cells["error_mean_cm"], cells["error_p95_cm"])


def _flat(cells: pd.DataFrame) -> dict[str, Any]:
    size = cell_size_m(cells)
    radius, height = (np.floor(cells[name] / size).astype(int) for name in ("radius_m", "height_m"))
    place = np.clip(radius, 0, 255) * 256 + np.clip(height + 128, 0, 255)
    return _packed("flat", size, place, cells["positions"], cells["error_mean_cm"], cells["error_mean_cm"])


def _packed(kind: str, size: float, place: Any, targets: Any, *errors: pd.Series) -> dict[str, Any]:
    columns = [
        np.asarray(place),
        np.minimum(np.asarray(targets), 65535),
        *(on_scale(each.to_numpy()) for each in errors),
    ]
    return {"kind": kind, "size": number(size), "count": len(columns[0]), "cells": packed(*columns)}
