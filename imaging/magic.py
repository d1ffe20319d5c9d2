"""Tells a media type from the first bytes of a file. Names and declared types are never believed."""

import re

HEAD_BYTES = 4096
"""How many leading bytes `sniff` wants to see; fewer is fine for a smaller file."""

DICOM = "application/dicom"
"""Recognised, so that it can be answered by name; taking it in is work for later."""

_PDF = b"%PDF-"
_PREFIXES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (_PDF, "application/pdf"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_STRANGE = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (rb"BM.{4}\0{4}.{4}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", "image/bmp"),
        (rb"\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a", "image/jxl"),
        (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", "image/jp2"),
        (rb"8BPS\0[\x01\x02]", "image/vnd.adobe.photoshop"),
        (rb"FUJIFILMCCD-RAW|....ftypcrx ", "image/x-raw"),
        (rb"RIFF....AVI ", "video/x-msvideo"),
        (rb"\x1a\x45\xdf\xa3.{0,120}matroska", "video/x-matroska"),
        (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
        (rb"FLV\x01", "video/x-flv"),
        (rb"OggS\0", "application/ogg"),
        (rb"\0\0\x01\xba|(?:.{4})?\x47.{187}(?:.{4})?\x47.{187}(?:.{4})?\x47", "video/mpeg"),
    )
)
"""Pictures and films of kinds that we do not take: whoever sends one reads that, and not that it is none."""
_BLANK = b"\xef\xbb\xbf \t\r\n\0"
"""What some portals send before a PDF; every reader of PDFs passes over it."""
_BEFORE_PDF = 1024
"""So many bytes may stand before a PDF in every reader; of ours, if they are blank or of the next two kinds."""
_SENT_ALONG = re.compile(rb"\A(?:\x1b%-12345X|HTTP/1\.)[\t\r\n\x1b -~]*?(?=%PDF-)")
"""A printer's order before what was caught on its way to a printer, and the head of a server's answer."""
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_HEIF_BRANDS = {b"mif1", b"mif2", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_MP4_BRANDS = {b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"}
_MP4_BRANDS |= {
    b"mp41",
    b"mp42",
    b"mp71",
    b"avc1",
    b"M4V ",
    b"M4VH",
    b"M4VP",
    b"MSNV",
    b"dash",
    b"f4v ",
    b"XAVC",
    b"hvc1",
}
_BARE_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip"}


def sniff(head: bytes) -> str | None:
    """Return the media type that the leading bytes prove, or None when they prove nothing we know.

    A known type is not yet an accepted one: ask `imaging.kinds.accepts` which types a kind takes.
    """
    return _sniff_ours(head) or next((name for begin, name in _STRANGE if begin.match(head)), None)


def _sniff_ours(head: bytes) -> str | None:
    """The type of what may be accepted, and of DICOM."""
    begin = _SENT_ALONG.sub(b"", head[:_BEFORE_PDF]).lstrip(_BLANK)
    for prefix, media_type in _PREFIXES:
        if (begin if prefix == _PDF else head).startswith(prefix):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[128:132] == b"DICM":
        return DICOM
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head[:128] else None
    if head[4:8] == b"ftyp":
        return _sniff_brands(head)
    return "video/quicktime" if head[4:8] in _BARE_QUICKTIME else None


def _sniff_brands(head: bytes) -> str | None:
    """Read the brands of an ISO base media file: the major one first, then the compatible ones."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    brands = [major, *(head[at : at + 4] for at in range(16, end - 3, 4))]
    if major in _HEIC_BRANDS | _HEIF_BRANDS | _AVIF_BRANDS:
        return _sniff_still(brands)
    if major == b"qt  ":
        return "video/quicktime"
    if major[:2] == b"3g":
        return "video/3gpp"
    return "video/mp4" if _MP4_BRANDS.intersection(brands) and major[:3] != b"M4A" else None


def _sniff_still(brands: list[bytes]) -> str | None:
    if _AVIF_BRANDS.intersection(brands):
        return "image/avif"
    return "image/heic" if _HEIC_BRANDS.intersection(brands) else None
