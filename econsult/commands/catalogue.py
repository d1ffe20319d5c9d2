"""Every command of the operator. Only the module of the one that is called is loaded: all of them take a second."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Command:
    """A command as the list of all shows it, and the module whose `offer` says what it takes."""

    name: str
    module: str
    help: str


COMMANDS = (
    Command("migrate", "schema", "bring the database to the newest schema"),
    Command("admin", "accounts", "people who run the program"),
    Command("person", "accounts", "everybody who signs in"),
    Command("factor", "accounts", "second factors"),
    Command("password", "accounts", "set a password; it is asked for, or read from stdin"),
    Command("link", "accounts", "print a one-time sign-in link alone on the last line"),
    Command("token", "accounts", "print a bearer token for the API alone on the last line"),
    Command("closing", "advice", "print how much was answered, read and told, as CSV (times in hours)"),
    Command("advice", "advice", "print how much of the advice was carried out, by kind, as CSV"),
    Command("visits", "advice", "print how many visits were asked for, booked and came to be, as CSV"),
    Command("outcomes", "advice", "print what clinics and families say about how it went, as CSV"),
    Command("billing", "billing", "print time, codes that fit and what stands against them, as CSV; never a claim"),
    Command("ages", "ages", "print or set the ages of the program: steps with a task, and of majority"),
    Command("clinic", "families", "clinics"),
    Command("child", "families", "children and their caregivers"),
    Command("keys", "mastery", "the keys: status, rotate, rotate-program, add, retire"),
    Command("mail-in", "mail", "take one e-mail from stdin; exit 0 taken, 65, 75 or 77 if not"),
    Command("note", "notes", "compare a paper with the answer that is kept; exit 1 if they differ"),
    Command("program", "programs", "the programs of this installation"),
    Command("invariants", "promises", "check the promises of the queue; exit 1 and a line per violation"),
    Command("metrics", "promises", "print how the promise was kept, as CSV (times in hours)"),
    Command("shred", "shredding", "the end of records: rule, holds, and keys destroyed for ever"),
    Command("audit", "trails", "the trail of who looked at what"),
)


def read_line(words: Sequence[str] | None) -> argparse.Namespace:
    """What was typed after `python -m econsult`; its `run` carries it out. Exits for help and for wrong use."""
    called = _parser().parse_known_args(words)[0].command
    return _parser(called).parse_args(words)


def _parser(called: str = "") -> argparse.ArgumentParser:
    """A parser that knows every command by name, and what the one that was `called` takes."""
    parser = argparse.ArgumentParser(prog="python -m econsult", description="Operator's commands.")
    parser.set_defaults(makes_records=False, takes_any_keys=False, exit_of=None)
    parser.add_argument("--program", default="", metavar="NAME", help="of which program, where there are several")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for each in COMMANDS:
        # The others, whose options are not known here, leave it to the one that is called to answer `--help`.
        command = commands.add_parser(each.name, help=each.help, add_help=each.name == called)
        if each.name == called:
            import_module(f"econsult.commands.{each.module}").offer(called, command)
    return parser
