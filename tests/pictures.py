"""Reports without their pictures, whose drawing takes most of the time of a report, and which few tests look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from emssl_bench.report import files

_write_figure = files.write_figure


def _empty(_, *paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (640, 400), "white").save(path)


def _undrawn(figure, folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "write_picture", _empty)
        return _write_figure(replace(figure, draw=lambda data: None), folder)


@contextmanager
def left_out() -> Iterator[None]:
    """Reports write empty pictures in place of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "write_figure", _undrawn)
        yield


@contextmanager
def drawn() -> Iterator[None]:
    """Reports draw as ever, within `left_out`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "write_figure", _write_figure)
        yield
