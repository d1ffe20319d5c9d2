"""Demo media drawn by code: skin with rashes and a ruler, sheets, lab reports and short videos.

Nothing here shows a person. Every file says "eConsult synthetic sample" in its metadata, and the same arguments give
the same bytes.
"""

from imaging.samples.clip import FILMS, video
from imaging.samples.lab import Patient, lab_pdf
from imaging.samples.metadata import PRODUCER
from imaging.samples.photos import SCENES, photo

__all__ = ["FILMS", "PRODUCER", "SCENES", "Patient", "lab_pdf", "photo", "video"]
