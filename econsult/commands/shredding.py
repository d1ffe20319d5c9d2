"""The commands `shred`: how long records are kept, what holds them back, and the end of a record or a program."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.commands.programs import program_of
from econsult.erasure import asking, carrying, retention
from econsult.erasure.forgetting import only_for
from econsult.erasure.places import counts_of
from econsult.erasure.records import Basis, Erasure
from econsult.erasure.retention import Retention
from econsult.errors import ConsultError, SettingError
from econsult.installation import Installation
from econsult.people.patients import Patient
from econsult.people.persons import Program

REGISTER = "The register of what was erased cannot be written: see ECONSULT_AUDIT_ANCHORS."


def offer(_name: str, shred: argparse.ArgumentParser) -> None:
    """Offer `shred`."""
    verbs = shred.add_subparsers(required=True, metavar="VERB")
    rule = verbs.add_parser("rule", help="print or set how long records are kept")
    rule.add_argument("--years", type=int, metavar="10", help="so many years after the last contact")
    rule.add_argument("--age", type=int, metavar="28", help="and not before this age")
    rule.add_argument("--wait", type=int, metavar="7", help="days in which an erasure can be undone")
    rule.add_argument("--originals", type=int, metavar="30", help="days after the end in which originals are kept")
    rule.set_defaults(run=_rule)
    verbs.add_parser("due", help="the children whose time is over").set_defaults(run=_due)
    verbs.add_parser("list", help="what waits and what was erased").set_defaults(run=_list)
    child = _about_child(verbs, "child", "ask that a child's record be erased once the waiting time is over", _child)
    child.add_argument("--basis", default=Basis.RETENTION, choices=asking.ASKED)
    child.add_argument("--why", default="", metavar="WORDS", help="which law, order or wish demands it; kept sealed")
    child.add_argument("--dry-run", action="store_true", help="print what would go, and change nothing")
    program = verbs.add_parser("program", help="ask the same for every child of a program, and for its key")
    program.add_argument("--confirm", required=True, metavar="NAME", help="the name of the program once more")
    program.add_argument("--dry-run", action="store_true", help="print what would go, and change nothing")
    program.set_defaults(run=_program)
    undo = verbs.add_parser("undo", help="take an erasure back that waits")
    undo.add_argument("id", metavar="ID")
    undo.set_defaults(run=_undo)
    hold = _about_child(verbs, "hold", "keep a child's record whatever the rule says", _hold)
    hold.add_argument("--why", required=True, metavar="WORDS", help="which order demands it; kept sealed")
    _about_child(verbs, "lift", "end a legal hold", _lift)
    verbs.add_parser("run", help="carry out now what has waited; the clock does it too").set_defaults(run=_run)
    replay = verbs.add_parser("replay", help="erase again what a restored copy of the database brought back")
    replay.set_defaults(run=_replay)


def _about_child(verbs: Any, name: str, words: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=words)
    parser.add_argument("child", metavar="CHILD", help="its id, its alias, or the number of one of its questions")
    parser.set_defaults(run=run)
    return parser


def _rule(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    given = (options.years, options.age, options.wait, options.originals)
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        rule = retention.rule_of(session, program.id)
        if any(each is not None for each in given):
            known = (rule.years, rule.age, rule.wait_days, rule.original_days)
            rule = Retention(*(old if new is None else new for old, new in zip(known, given, strict=True)))
            retention.set_rule(session, program, rule, now=now)
    kept = f"{rule.years} years after the last contact, and until {rule.age}; undone within {rule.wait_days} days"
    return f"{kept}; originals {rule.original_days} days after the end of a request"


def _due(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        found = retention.over_among(session, program.id, now, retention.LOOKED_AT)
    return "\n".join(f"{patient.public_id}  {patient.alias}  since {day.isoformat()}" for patient, day in found)


def _list(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        found = asking.erasures_of(session, program.id)
    return "\n".join(_line(erasure, patient) for erasure, patient in found)


def _line(erasure: Erasure, patient: Patient | None) -> str:
    who = patient.alias if patient else "the program"
    if erasure.done_at is None:
        return f"{erasure.public_id}  {who}  {erasure.basis}  erased from {erasure.due_at:%Y-%m-%d %H:%M} UTC on"
    files = "" if erasure.swept_at else ", files are still being removed"
    return f"{erasure.public_id}  {who}  {erasure.basis}  erased on {erasure.done_at:%Y-%m-%d}{files}"


def _child(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    wish = asking.Wish(options.basis, options.why)
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        patient = asking.child_named(session, program.id, options.child)
        if options.dry_run:
            return _would_go(session, patient, options.basis, now)
        return _waits(asking.ask_erasure(session, patient, None, wish, now=now))


def _waits(erasure: Erasure) -> str:
    return f"Erased from {erasure.due_at:%Y-%m-%d %H:%M} UTC on. Until then: shred undo {erasure.public_id}"


def _would_go(session: Session, patient: Patient, basis: str, now: datetime) -> str:
    """What an erasure would take, in numbers; and what would refuse it now."""
    try:
        asking.refuse_kept(session, patient, basis, now)
        lines = ["Nothing holds it back."]
    except ConsultError as error:
        lines = [f"Refused now: {error}"]
    found = counts_of(session, patient.id)
    lines += [f"{table}: {count} rows {'go' if goes else 'lose keys and words'}" for table, count, goes in found]
    lines.append(f"person: {len(only_for(session, patient))} accounts and devices are forgotten")
    return "\n".join([f"{patient.alias}, {patient.public_id}", *lines])


def _program(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        if program.name != options.confirm:
            raise ConsultError("This is not the name of the program: nothing was asked for.")
        if options.dry_run:
            return _program_would_go(session, program)
        return _waits(asking.ask_program(session, program, now=now))


def _program_would_go(session: Session, program: Program) -> str:
    asking.refuse_program(session, program)
    query = select(Patient).where(Patient.program_id == program.id, Patient.erased_at.is_(None)).order_by(Patient.id)
    children = list(session.scalars(query))
    sums: dict[str, int] = {}
    for patient in children:
        for table, count, _ in counts_of(session, patient.id):
            sums[table] = sums.get(table, 0) + count
    lines = [f"{table}: {count} rows" for table, count in sums.items()]
    return "\n".join(["Nothing holds it back.", f"{len(children)} children", *lines, "the key of the program"])


def _undo(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        asking.undo_erasure(session, asking.erasure_named(session, program.id, options.id), None, now=now)
    return ""


def _hold(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        patient = asking.child_named(session, program.id, options.child)
        retention.place_hold(session, patient, None, options.why, now=now)
    return ""


def _lift(installation: Installation, options: argparse.Namespace, now: datetime) -> str:
    with installation.database.writing() as session:
        program = program_of(session, installation, options, now)
        hold = retention.hold_of(session, asking.child_named(session, program.id, options.child))
        if hold is None:
            raise ConsultError("No legal hold lasts on this record.")
        retention.lift_hold(session, hold, None, now=now)
    return ""


def _run(installation: Installation, _options: argparse.Namespace, now: datetime) -> str:
    count = 0
    try:
        while True:
            with installation.database.writing() as session:
                some = carrying.erase_due(session, _tools(installation), now)
            if not some:
                break
            count += some
    except OSError:
        raise SettingError(REGISTER) from None
    return f"{count} looked at; a worker removes their files."


def _replay(installation: Installation, _options: argparse.Namespace, now: datetime) -> str:
    try:
        with installation.database.writing() as session:
            count = carrying.replay(session, _tools(installation), now)
    except OSError:
        raise SettingError(REGISTER) from None
    return f"{count} erased again."


def _tools(installation: Installation) -> carrying.Tools:
    return carrying.Tools(installation.database.cipher, installation.settings.audit_anchors)
