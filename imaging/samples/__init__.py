"""Demo media drawn by code: skin with rashes and a ruler, sheets, lab reports and short videos.

Nothing here shows a person. Every file says "eConsult synthetic sample" in its metadata (unless a photo is asked for
without any), and the same arguments give the same bytes.
"""

from imaging.samples.catalogue import DemoCase, DemoMedia, demo_set
from imaging.samples.clip import FILMS, video
from imaging.samples.lab import Patient, lab_pdf
from imaging.samples.metadata import PRODUCER
from imaging.samples.panels import PANELS
from imaging.samples.photos import SCENES, photo

__all__ = [
    "FILMS",
    "PANELS",
    "PRODUCER",
    "SCENES",
    "DemoCase",
    "DemoMedia",
    "Patient",
    "demo_set",
    "lab_pdf",
    "photo",
    "video",
]
