"""Errors by place for the page's map: voxels where records have them, otherwise distance from the axis and height."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from emssl_bench.experiments.evaluation import ELEVATIONS, VOXELS
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY
from emssl_bench.report.frames.cells import places_of_directions
from emssl_bench.report.page.numbers import Pool, number, on_scale, packed
from emssl_bench.report.tasks import COST, DISTANCE

SIDE = 2 * VOXELS + 2
"""Voxels beside each other: both ways as far as the arm reaches, and one more for rounding."""
Table = Mapping[str, Sequence[float]]


def maps(data: ReportData, pool: Pool) -> dict[int, dict[str, Any]]:
    """The map of each row of Table II that has one, by the row's place; over the seeds whose records have it.

    All columns are of 16 bits. In the pool, `where` are places and targets, which methods with the same test sets have
    in common. `errors` are means and 95th percentiles (means over seeds) on the scale of `numbers.on_scale`, or means
    alone. A place is (x · SIDE + y) · SIDE + z in voxels of `size` [m], the first of them at -VOXELS - 1; or
    radius · 256 + height + 128 in cells.
    """
    kinds = {"error_voxels": _solid, "error_map": _flat}
    return dict(_by_row(data, pool, kinds))


def directions(data: ReportData, pool: Pool) -> dict[int, dict[str, Any]]:
    """The map by where the tool points of each row that has one, as in `maps`.

    A place is azimuth · ELEVATIONS + elevation in cells.
    """
    return dict(_by_row(data, pool, {"error_by_orientation": _directed}))


def _by_row(
    data: ReportData, pool: Pool, kinds: Mapping[str, Callable[[Sequence[Table], Pool], dict[str, Any]]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The map of every row, made of the first of the tables that its records have."""
    places = {key: place for place, key in enumerate(data.table_2[KEY].itertuples(index=False, name=None))}
    for key, group in data.accuracy_runs.groupby(KEY, sort=False):
        for name, packed_of in kinds.items():
            tables = [tables[name] for tables in group["tables"] if name in tables]
            if tables:
                yield places[key], packed_of(tables, pool)
                break


def _solid(tables: Sequence[Table], pool: Pool) -> dict[str, Any]:
    points = np.column_stack([_joined(tables, f"{axis}_m") for axis in "xyz"])
    size = _width(np.unique(np.abs(points)))
    x, y, z = np.clip(np.floor(points / size).astype(int) + VOXELS + 1, 0, SIDE - 1).T
    errors = _errors(tables, "mean", "p95")
    return {"kind": "solid", "size": number(size), **_packed(pool, (x * SIDE + y) * SIDE + z, _targets(tables), errors)}


def _flat(tables: Sequence[Table], pool: Pool) -> dict[str, Any]:
    radii, heights = (_joined(tables, name) for name in ("radius_m", "height_m"))
    size = _width(np.unique(np.abs(np.concatenate([radii, heights]))))
    radius, height = (np.floor(each / size).astype(int) for each in (radii, heights))
    place = np.clip(radius, 0, 255) * 256 + np.clip(height + 128, 0, 255)
    targets = _joined(tables, "positions")
    return {"kind": "flat", "size": number(size), **_packed(pool, place, targets, _errors(tables, "mean"))}


def _directed(tables: Sequence[Table], pool: Pool) -> dict[str, Any]:
    column, row = places_of_directions(*(_joined(tables, name) for name in ("azimuth_deg", "elevation_deg")))
    return {"kind": "directions", **_packed(pool, column * ELEVATIONS + row, _targets(tables), _errors(tables, "mean"))}


def _errors(tables: Sequence[Table], *statistics: str) -> Iterator[np.ndarray]:
    """The one number of the task, which is a cost where the tables have one."""
    for name in statistics:
        cost = COST.format(name)
        yield _joined(tables, cost if cost in tables[0] else DISTANCE.format(name))


def _targets(tables: Sequence[Table]) -> np.ndarray:
    return _joined(tables, "targets")


def _joined(tables: Sequence[Table], name: str) -> np.ndarray:
    return np.concatenate([np.asarray(table[name], dtype=float) for table in tables])


def _width(centres: np.ndarray) -> float:
    """The width of cells [m] from the distinct distances of their centres from a plane between cells.

    Centres are written to five digits, so that those of one distance may differ by as much.
    """
    gaps = np.diff(centres)
    return float(min(2 * centres.min(), gaps[gaps > 1e-3 * centres.max()].min(initial=np.inf)))


def _packed(pool: Pool, place: np.ndarray, targets: np.ndarray, errors: Iterable[np.ndarray]) -> dict[str, Any]:
    """The cells of all seeds, those of one place together: the mean of errors is that of their targets."""
    cells, cell = np.unique(place, return_inverse=True)
    counts = np.bincount(cell, targets)
    means = [on_scale(np.bincount(cell, targets * each) / counts) for each in errors]
    where = pool.place(packed(cells, np.minimum(counts, 65535)))
    return {"count": len(cells), "where": where, "errors": packed(*means)}
