"""Sections as HTML: the second half of the report page.

Nothing that others wrote is read as markup: cells are escaped, and of the texts only Markdown's inline marks are
rendered, without HTML and without images. A line break or a letter that cannot be seen is shown by its escape.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from markdown_it import MarkdownIt

from emssl_bench.exceptions import one_line
from emssl_bench.report.by_task import stem_of
from emssl_bench.report.section import Bullets, Definitions, Figure, Section, Table, Text
from emssl_bench.tasks import TASKS

_INLINE = MarkdownIt("commonmark", {"html": False}).disable(["image", "autolink"])
_BY_THE_PAGE = {
    "fig6": ("curves", "learning curves"),
    "errors": ("curves", "distributions of errors"),
    "calls": ("curves", "errors against arm queries"),
    "error_map": ("map", "errors by place"),
    "direction_map": ("map", "errors by direction"),
}
DRAWN_ABOVE = {stem_of(stem, task): where for stem, where in _BY_THE_PAGE.items() for task in TASKS}
"""Figures whose data the page draws itself: where on it, and what to call that."""


def in_html(text: object) -> str:
    """As a text or in the value of an attribute."""
    return escape(one_line(str(text)))


def inline(markdown: str) -> str:
    """A text of a section: a sentence with Markdown's inline marks."""
    return _INLINE.renderInline(markdown)


def section_html(section: Section, place: int, pictures: Mapping[str, bytes]) -> str:
    """A section that can be folded; the introduction, which has no title, stands open.

    Args:
        section: to render.
        place: its number on the page.
        pictures: the PNG files of the figures that are to be shown, by the stems of their names.
    """
    body = "\n".join(part for each in section.body for part in _part(each, section.title, pictures))
    if not section.title:
        return f'<div class="text">{body}</div>'
    heading = f"<summary><h3>{in_html(section.title)}</h3></summary>"
    return f'<details class="topic" id="topic-{place}">{heading}<div class="text">{body}</div></details>'


def sections_html(sections: Sequence[Section], pictures: Mapping[str, bytes]) -> str:
    """All sections, in their order."""
    return "\n".join(section_html(section, place, pictures) for place, section in enumerate(sections))


def _part(
    part: Text | Bullets | Definitions | Table | Figure, title: str, pictures: Mapping[str, bytes]
) -> Iterator[str]:
    if isinstance(part, Text):
        yield f"<p>{inline(part.paragraph)}</p>"
    elif isinstance(part, Bullets):
        yield f"<ul>{''.join(f'<li>{inline(item)}</li>' for item in part.items)}</ul>"
    elif isinstance(part, Definitions):
        yield "<dl>"
        yield from (f"<div><dt>{inline(term)}</dt><dd>{inline(text)}</dd></div>" for term, text in part.terms.items())
        yield "</dl>"
    elif isinstance(part, Table):
        yield table_html(part, title)
        if part.note:
            yield f'<p class="note">{inline(part.note)}</p>'
    elif isinstance(part, Figure):
        yield _figure(part, pictures)
    else:
        raise TypeError(f"a section holds {type(part).__name__}, which is no part of one.")


def table_html(table: Table, title: str) -> str:
    """A table that scrolls by itself where it is wider than the page; words are aligned left and numbers right.

    Cells and rows have no end tags, which HTML does not ask for: a large page is much smaller without them.
    """
    frame = table.printed.astype(str)
    words = [column in table.words for column in frame.columns]
    bold = set(table.bold)
    head = "".join(_cell("th", in_html(name), word) for name, word in zip(frame.columns, words, strict=True))
    rows = []
    for place, row in enumerate(frame.itertuples(index=False, name=None)):
        cells = []
        for name, word, text in zip(frame.columns, words, row, strict=True):
            shown = in_html(text)
            if (place, name) in bold:
                first, gap, rest = shown.partition(" ")
                shown = f"<b>{first}</b>{gap}{rest}"
            cells.append(_cell("td", shown, word))
        rows.append(f"<tr>{''.join(cells)}")
    label = in_html(title or "Table")
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table class="plain">'
        f"<thead><tr>{head}</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(tag: str, shown: str, word: bool) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    return f"<{tag}{scope}{' class=w' if word else ''}>{shown}"


def _figure(figure: Figure, pictures: Mapping[str, bytes]) -> str:
    """The picture, where there is one to show; otherwise where the page draws the data, or where the file lies."""
    caption = in_html(figure.caption)
    if figure.stem in pictures:
        data = base64.b64encode(pictures[figure.stem]).decode()
        shown = f'<img loading="lazy" decoding="async" alt="{caption}" src="data:image/png;base64,{data}">'
        return f"<figure>{shown}<figcaption>{caption}</figcaption></figure>"
    if figure.stem in DRAWN_ABOVE:
        place, what = DRAWN_ABOVE[figure.stem]
        return f'<p class="note">{caption}: see the <a href="#{place}">{what}</a> above.</p>'
    return f'<p class="note">{caption}: <code>figures/{in_html(figure.stem)}.png</code>, beside this page.</p>'
