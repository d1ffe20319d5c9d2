"""Reads dates in texts, however they are written: which stretches can be one, and which days each may mean.

It needs nothing of the house and its files name each other from where they stand, since the jail is given this folder
to read pages with, as it is given its models.
"""

from pathlib import Path

from .reading import readings, spans_of
from .words import month_of

FOLDER = Path(__file__).parent

__all__ = ["FOLDER", "month_of", "readings", "spans_of"]
