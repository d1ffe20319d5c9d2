"""A small PDF writer: lines of text and rules on letter pages, in the fonts that every reader has.

Coordinates are points from the lower left corner; a letter page is 612 x 792.
"""

from dataclasses import dataclass, field
from datetime import datetime

PAGE_SIZE = (612, 792)
FONTS = ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Courier")
# Advance widths of Helvetica in thousandths of the size, for the letters from space to tilde.
_WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 "
    "584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 "
    "278 556 500 722 500 500 500 334 260 334 584"
)
_ADVANCES = tuple(int(width) for width in _WIDTHS.split())


def text_width(text: str, size: float) -> float:
    """Return the width of Helvetica text in points; letters outside ASCII count as a digit's width."""
    units = sum(_ADVANCES[ord(c) - 32] if 32 <= ord(c) < 127 else 556 for c in text)
    return units * size / 1000


@dataclass
class Page:
    """The drawing commands of one page."""

    commands: list[bytes] = field(default_factory=list)

    def write(self, x: float, y: float, text: str, size: float = 9, *, font: str = "Helvetica") -> None:
        """Write a line of text with its baseline at (x, y); letters outside Windows-1252 become '?'."""
        safe = text.encode("cp1252", "replace")
        for byte in (b"\\", b"(", b")"):
            safe = safe.replace(byte, b"\\" + byte)
        head = f"BT /F{FONTS.index(font)} {size:g} Tf {x:.2f} {y:.2f} Td (".encode()
        self.commands.append(head + safe + b") Tj ET")

    def write_right(self, x: float, y: float, text: str, size: float = 9, *, font: str = "Helvetica") -> None:
        """Write a line of text that ends at x."""
        self.write(x - text_width(text, size), y, text, size, font=font)

    def ink(self, red: float, green: float, blue: float) -> None:
        """Set the colour of what follows, each part 0..1."""
        self.commands.append(f"{red:g} {green:g} {blue:g} rg {red:g} {green:g} {blue:g} RG".encode())

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """Fill a rectangle."""
        self.commands.append(f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re f".encode())

    def rule(self, x1: float, x2: float, y: float, weight: float = 0.5) -> None:
        """Draw a horizontal line."""
        self.commands.append(f"{weight:g} w {x1:.2f} {y:.2f} m {x2:.2f} {y:.2f} l S".encode())


def build_pdf(pages: list[Page], info: dict[str, str], created_at: datetime) -> bytes:
    """Return the file; ``info`` holds document properties such as Title, Author and Producer."""
    count = len(pages)
    first_page = 4 + len(FONTS)
    kids = " ".join(f"{first_page + 2 * i} 0 R" for i in range(count))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode()]
    objects.append(_properties(info, created_at))
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode() for name in FONTS
    ]
    fonts = " ".join(f"/F{i} {4 + i} 0 R" for i in range(len(FONTS)))
    box = f"/MediaBox [0 0 {PAGE_SIZE[0]} {PAGE_SIZE[1]}] /Resources << /Font << {fonts} >> >>"
    for i, page in enumerate(pages):
        body = b"\n".join(page.commands)
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} /Contents {first_page + 2 * i + 1} 0 R >>".encode())
        objects.append(f"<< /Length {len(body)} >>\nstream\n".encode() + body + b"\nendstream")
    return _assembled(objects)


def _properties(info: dict[str, str], created_at: datetime) -> bytes:
    """Return the document information dictionary, its strings in UTF-16."""
    stamp = created_at.strftime("D:%Y%m%d%H%M%SZ")
    entries = [f"/{key} <FEFF{value.encode('utf-16-be').hex().upper()}>" for key, value in info.items()]
    return f"<< {' '.join(entries)} /CreationDate ({stamp}) /ModDate ({stamp}) >>".encode()


def _assembled(objects: list[bytes]) -> bytes:
    """Return numbered objects, the cross-reference table and the trailer."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 3 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
