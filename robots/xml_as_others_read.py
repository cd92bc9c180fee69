"""A document as other readers of URDF take it, where strict XML would refuse it."""

import codecs
import re
from collections.abc import Iterator

_TAG = re.compile(rb"""<(?:[^<>"']|"[^"]*"|'[^']*')*+>""")


_VALUE = re.compile(rb"""("[^"]*"|'[^']*')""")


_BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")


_SKIPPED = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"))


def as_others_read(content: bytes, colon: bytes) -> Iterator[bytes]:
    """The document without what other readers pass over, piece by piece, in one pass whatever it holds.

    Comments and instructions (the declaration is one) are left out, but for their line ends, that lines keep their
    numbers; an ampersand that begins no entity is a letter, and so is a colon in a name; attributes may touch.
    """
    at = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    while at < len(content):
        begin = content.find(b"<", at)
        begin = len(content) if begin < 0 else begin
        if begin > at:
            yield _BARE_AMPERSAND.sub(b"&amp;", content[at:begin])
        skipped = content[begin + 1 : begin + 2] in (b"!", b"?")
        start, stop = next((each for each in _SKIPPED if skipped and content.startswith(each[0], begin)), (b"", b""))
        if start:
            end = content.find(stop, begin + len(start))
            at = len(content) if end < 0 else end + len(stop)
            if end < 0:
                yield start  # the parser says that it does not end
            elif start == b"<![CDATA[":
                yield content[begin:at]
            else:
                yield b"\n" * content.count(b"\n", begin, at)
        else:
            tag = _TAG.match(content, begin)
            at = tag.end() if tag else len(content)
            yield _tag_as_others_read(tag[0], colon) if tag else content[begin:]


def _tag_as_others_read(tag: bytes, colon: bytes) -> bytes:
    if b'"' not in tag and b"'" not in tag:
        return tag.replace(b":", colon)
    parts = _VALUE.split(tag)  # names and what is between them, a value, names, ...
    for index, part in enumerate(parts):
        if index % 2:
            parts[index] = _BARE_AMPERSAND.sub(b"&amp;", part) + b" "
        else:
            parts[index] = part.replace(b":", colon)
    return b"".join(parts)
