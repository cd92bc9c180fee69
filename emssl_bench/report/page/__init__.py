"""The report page: one HTML file that needs no network, for a reader to explore what the tables hold."""

import base64
import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from emssl_bench.report import html
from emssl_bench.report.frames import ReportData
from emssl_bench.report.page.contents import contents, in_script
from emssl_bench.report.page.live import Live, LiveTrial
from emssl_bench.report.section import Section

__all__ = ["NAME", "Live", "LiveTrial", "is_ours", "made", "pictures"]

NAME = "report.html"
MARK = b"<!doctype html>\n<!-- emssl-bench report -->\n"
"""The beginning of every page of ours, by which it is recognised."""
ASSETS = Path(__file__).parent / "assets"
LIBRARY = "uPlot.iife.min.js"
STYLES = ("uPlot.min.css", "page.css", "parts.css", "print.css")
SCRIPTS = (
    *("basics.js", "looks.js", "filters.js", "columns.js", "board.js", "lines.js", "plot.js", "curves.js"),
    *("mapdata.js", "mapdraw.js", "mapdirections.js", "map.js"),
    *("compare.js", "arms.js", "details.js", "trial.js", "live.js", "start.js"),
)
"""In this order they make up one script."""
MOST_PICTURES = 300_000
"""Bytes of all pictures together; later figures are named instead."""
_SHARE, _WIDEST, _COLOURS = 0.6, 1_000, 24
"""Of a figure's size, its widest in pixels, and how many colours its picture keeps: lines and letters need no more."""


def made(
    sections: Sequence[Section], data: ReportData, shown: Mapping[str, bytes] | None = None, live: Live | None = None
) -> bytes:
    """The page; the same bytes for the same records.

    Args:
        sections: what `make_sections` returns.
        data: what they were made of.
        shown: the PNG files of figures, by the stems of their names.
        live: how the run is doing, where it is not finished.
    """
    styles, library, script = _styles(), _asset(LIBRARY), _script()
    page = _template().render(
        data=Markup(in_script(contents(data, live))),
        records=len(data.records),
        selection=Markup(html.inline(data.selection.described)),
        live=live is not None and live.state == "running",
        every=live.contents()["every"] if live else 0,
        sections=Markup(html.sections_html(sections, shown or {})),
        styles=Markup(styles),
        library=Markup(library),
        script=Markup(script),
        policy=Markup(
            "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
            f"style-src {_hash(styles)}; script-src {_hash(library)} {_hash(script)}"
        ),
        licence=_asset("uPlot.LICENSE"),
    )
    return MARK + page.encode()


def is_ours(path: Path) -> bool:
    """Whether the file is a page that this suite wrote."""
    try:
        with path.open("rb") as file:
            return file.read(len(MARK)) == MARK
    except OSError:
        return False


def pictures(sections: Sequence[Section], folder: Path) -> dict[str, bytes]:
    """Small versions of the figures that the page does not draw itself, of as many as fit.

    Args:
        sections: of the figures.
        folder: where their PNG files lie.
    """
    found: dict[str, bytes] = {}
    for figure in (figure for section in sections for figure in section.figures):
        path = folder / f"{figure.stem}.png"
        if figure.stem in html.DRAWN_ABOVE or not path.is_file():
            continue
        small = _small(path)
        if sum(map(len, found.values())) + len(small) <= MOST_PICTURES:
            found[figure.stem] = small
    return found


def _small(path: Path) -> bytes:
    from PIL import Image

    with Image.open(path) as picture:
        share = min(_SHARE, _WIDEST / picture.width)
        size = round(picture.width * share), round(picture.height * share)
        reduced = picture.convert("RGB").resize(size, Image.Resampling.HAMMING)
    buffer = io.BytesIO()
    few = reduced.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(buffer, "png", optimize=True)
    return buffer.getvalue()


@cache
def _template():
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("template.html")


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _styles() -> str:
    return "\n".join(map(_asset, STYLES))


def _script() -> str:
    return '"use strict";\n' + "\n".join(map(_asset, SCRIPTS))


def _hash(text: str) -> str:
    """What the policy allows: this text and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
