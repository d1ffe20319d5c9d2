"""Turns an untrusted photo, video or document into a safe, upright, bounded, nameless copy."""

from imaging.identifiers import Identifiers
from imaging.jail.client import Jail, JailError, open_jail
from imaging.kinds import KINDS, accepts
from imaging.magic import sniff
from imaging.paper import PaperPage, write_paper
from imaging.policy import DEIDENTIFIED, TREATMENT_USE, Policy, Region, Target
from imaging.preparation import prepare
from imaging.report import Report
from imaging.typesetting.leaflet import Leaflet, Line, Part, Style
from imaging.typesetting.plain import as_text
from imaging.typesetting.setting import TypesettingError, typeset
from imaging.verification import Finding, verify

__all__ = [
    "DEIDENTIFIED",
    "KINDS",
    "TREATMENT_USE",
    "Finding",
    "Identifiers",
    "Jail",
    "JailError",
    "Leaflet",
    "Line",
    "PaperPage",
    "Part",
    "Policy",
    "Region",
    "Report",
    "Style",
    "Target",
    "TypesettingError",
    "accepts",
    "as_text",
    "open_jail",
    "prepare",
    "sniff",
    "typeset",
    "verify",
    "write_paper",
]
