"""What an operator types: asked for at a terminal, else read line by line from standard input.

Passwords, and the names and birth dates of families, never stand on a command line: other users of the machine and the
shell's history would have them.
"""

from __future__ import annotations

import getpass
import sys


def typed_line(label: str) -> str:
    """One line."""
    if sys.stdin.isatty():
        return input(f"{label}: ").strip()
    return sys.stdin.readline().strip()


def typed_password() -> str:
    """A password, as it was typed."""
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
