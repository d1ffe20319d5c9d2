"""Pages as tests read them: without the whitespace that no browser shows, so that a template may be laid out anew."""

from __future__ import annotations

import functools
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BLOCKS = (
    "address|article|aside|blockquote|body|br|caption|col|dd|details|div|dl|dt|fieldset|figure|footer|form|h[1-6]|head|header|hr|html|"
    "label|legend|li|link|main|meta|nav|ol|option|optgroup|p|script|section|select|summary|table|tbody|td|textarea|th|"
    "thead|title|tr|ul"
)
AS_WRITTEN = re.compile(
    r"""(<(textarea|pre|script|style|dd)\b.*?</\2>|<(\w+)\b[^<>]*\b(?:as-written|verbatim)\b[^<>]*>.*?</\3>)""",
    re.DOTALL,
)
TAG = re.compile(r"<[a-zA-Z/][^<>\n]*\n[^<>]*>")
"""One of several lines."""
INLINE = "a|b|button|i|small|span|strong"
GAP = r"(?:\n|[ ]{2,})"
"""Where nothing but whitespace lies around the end of a line, it is the end of a line alone."""
ANY_GAP = re.compile(GAP)
# Whitespace beside a block is not shown, nor where an element has only begun or is about to end.
AFTER = re.compile(rf"(<(?:/?(?:{BLOCKS})\b|(?:{INLINE})\b)[^<>]*>){GAP}")
BEFORE = re.compile(rf"{GAP}(?=<(?:/?(?:{BLOCKS})\b|/(?:{INLINE})\b))")


def in_line(page: str) -> str:
    """The page with each block in one line; texts of several lines that somebody wrote stay as they are."""
    flat, end = [], 0
    for kept in AS_WRITTEN.finditer(page):
        flat += [_flat(page[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*flat, _flat(page[end:])])


def _flat(html: str) -> str:
    html = TAG.sub(lambda tag: tag[0].replace("\n", " "), _bare(html))
    return ANY_GAP.sub(" ", BEFORE.sub("", AFTER.sub(r"\1", html)))


def _bare(html: str) -> str:
    """The same without the whitespace around the ends of lines, and without empty lines."""
    if "\n" not in html:
        return html
    first, *middle, last = html.split("\n")
    return "\n".join((first.rstrip(), *filter(None, map(str.strip, middle)), last.lstrip()))


class _Read:
    """What is put before the class of a response."""

    @functools.cached_property
    def text(self) -> str:
        found: str = super().text  # type: ignore[misc]
        return in_line(found) if self.mimetype == "text/html" else found  # type: ignore[attr-defined]


class Reader(FlaskClient):
    """A client whose answers tell a page in line."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.response_wrapper: type[TestResponse] = type("InLine", (_Read, self.response_wrapper), {})
