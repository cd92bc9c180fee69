"""Text that others wrote, made harmless where it is printed: a function for each kind of output.

Names of arms, links, plug-ins, machines and folders, settings and reasons of failures may hold any character. Figures
need no function of their own: what `drawing` draws reads no text as mathematics.
"""

import re

from emssl_bench.exceptions import one_line

_MARKDOWN = re.compile(r"[\\`*<&|~$]|\](?=\()|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown, GitHub's too, reads as more than itself: an underscore inside a word, or a bracket that no link
follows, is nothing of the kind."""
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "<": "$<$",
    ">": "$>$",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    "°": r"$^\circ$",
}
_SHOWN = 60
"""Letters of a text in a figure."""


def in_markdown(text: str) -> str:
    """As a part of a line, or in the cell of a table."""
    return _MARKDOWN.sub(r"\\\g<0>", one_line(text))


def in_code(text: str) -> str:
    """As a code span, in which nothing but its own fence can be read as more than itself."""
    line = one_line(text) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    room = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{room}{line}{room}{fence}"


def in_latex(text: str) -> str:
    r"""In the cell of a table. After a row's \\, a star or a bracket would be read as an argument."""
    cell = "".join(_LATEX.get(char, char) for char in one_line(text))
    return f"{{{cell[0]}}}{cell[1:]}" if cell[:1] in ("*", "[") else cell


def in_terminal(text: str) -> str:
    """On a line of its own or in the cell of a table; nothing in it moves the cursor or changes colours."""
    return one_line(text)


def in_figure(text: str, most: int = _SHOWN) -> str:
    """In a title or a legend: one line, and of a text of more than so many letters its two ends."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - most // 3]}…{line[1 - most // 3 :]}"
