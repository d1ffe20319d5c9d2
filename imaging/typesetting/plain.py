"""The same paper as plain lines, to be pasted into a chart."""

from collections.abc import Iterator

from imaging.typesetting.glyphs import visible
from imaging.typesetting.leaflet import Leaflet, Line, Part, Style


def as_text(leaflet: Leaflet) -> str:
    """All of it, with nothing in it but letters and line breaks."""
    blocks = [leaflet.title.upper(), *("\n".join(_part(part)) for part in leaflet.parts), leaflet.footer]
    return visible("\n\n".join(blocks)).strip() + "\n"


def _part(part: Part) -> Iterator[str]:
    if part.heading:
        yield part.heading.upper()
    for number, line in enumerate(part.lines, 1):
        yield _line(part.style, number, line)


def _line(style: Style, number: int, line: Line) -> str:
    if style == Style.FACTS:
        return f"{line.beside}: {line.text}"
    begin = {Style.STEPS: f"{number}. ", Style.POINTS: "- ", Style.WARNING: "! "}.get(style, "")
    end = f" ({line.beside})" if line.beside else ""
    return f"{begin}{line.text}{end}"
