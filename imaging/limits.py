"""Every bound that an untrusted file meets, in one place."""

from dataclasses import dataclass

MIB = 1024 * 1024

PHOTO_PIXELS = 50_000_000
"""Largest still that is decoded whole."""
SCALED_PIXELS = 200_000_000
"""Largest baseline JPEG that is decoded at a fraction of its size."""
STILL_SIDE = 30_000
"""Longest side of a still, in pixels."""
STILL_LEAST = 16
STILL_NARROWEST = 100
"""Shortest side of a still, in pixels, and how many times the longer side may be as long."""
JPEG_SCANS = 100
"""A real progressive photo has about ten scans; thousands of them are a way to burn a processor."""
JPEG_SEGMENTS = 5_000
PNG_TEXT_CHUNKS = 64
PNG_TEXT_BYTES = 4 * MIB
PNG_CHUNKS = 100_000
WEBP_CHUNKS = 10_000
GIF_BLOCKS = 10_000
HEIF_BOXES = 1_000

VIEW_SIDE = 2048
FULL_SIDE = 2048
"""Longest side of `full`, unless the policy asks for every pixel: decoding a photo at a fraction of its size, as the
format itself allows, costs a quarter of the time and of the memory."""
THUMB_SIDE = 320
PAGE_SIDE = 2600
PAGE_PIXELS = 8_000_000
LONG_PIXELS = 3 * PAGE_PIXELS
"""Largest picture that is kept in memory while its parts are drawn as pages."""
PAGE_DPI = 200
PAGE_LEAST_SIDE = 1400
"""Longer side of a drawn page at least: PDFium does not know of units that are larger than a point, and then a whole
page of print would come out as large as a stamp."""
DOCUMENT_PAGES = 100

DOCUMENT_CPU, DOCUMENT_CPU_PER_PAGE = 20.0, 1.0
"""Processor seconds that a document may use in all. A page of print takes 0.7 s, at the worst some seconds."""
DRAWING_CPU, DRAWING_CPU_PER_PAGE = 5.0, 0.1
"""How many of them for drawing. A scanned page takes 0.05 s; what is slow page after page is a trap."""
PAGE_CPU = 9.0
"""The kernel counts whole seconds and the last one to its end, so that no page takes more than ten."""

VIDEO_SECONDS = 180
VIDEO_SECONDS_MOST = 300
VIDEO_SIDE = 4096
VIDEO_STREAMS = 32
VIDEO_FRAMES_PER_SECOND = 60
PLAY_LONG, PLAY_SHORT = 1280, 720


MASKS_MOST = 10_000
"""Covered boxes of one file: a film of five minutes has some thousands, a page of paper seldom a hundred."""


@dataclass(frozen=True)
class JobLimits:
    """What one job in the jail may use. Seconds are processor seconds unless the name says `wall`."""

    cpu: int
    cpu_most: int
    memory: int
    wall: float
    wall_most: float
    output: int
    renditions: int


VERIFICATION = "verification"
"""The job in which finished copies are decoded again."""

_DOCUMENT_CPU_MOST = int(DOCUMENT_CPU + DOCUMENT_CPU_PER_PAGE * DOCUMENT_PAGES + 2 * PAGE_CPU)
"""The last page may begin when nearly all is used up."""
JOB_LIMITS: dict[str, JobLimits] = {
    "photo": JobLimits(10, 10, 1229 * MIB, 60, 60, 96 * MIB, 3),
    "lab_document": JobLimits(10, _DOCUMENT_CPU_MOST, 1229 * MIB, 60, 400, 400 * MIB, DOCUMENT_PAGES + 1),
    VERIFICATION: JobLimits(120, 120, 1229 * MIB, 300, 300, MIB, 0),
    "video": JobLimits(20, 3700, 1536 * MIB, 120, 5400, 400 * MIB, 2),
}
