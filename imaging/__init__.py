"""Turns an untrusted photo, video or document into a safe, upright, bounded, nameless copy."""

from imaging.jail.client import Jail, JailError, open_jail
from imaging.kinds import KINDS, accepts
from imaging.magic import sniff
from imaging.policy import Policy, Target
from imaging.preparation import prepare
from imaging.report import Report
from imaging.verification import Finding, verify

__all__ = [
    "KINDS",
    "Finding",
    "Jail",
    "JailError",
    "Policy",
    "Report",
    "Target",
    "accepts",
    "open_jail",
    "prepare",
    "sniff",
    "verify",
]
