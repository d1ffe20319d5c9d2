"""Own time on a consult, which code may fit, and the little that a claim asks for. Never a claim by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import Pass
from econsult.billing import records, timing
from econsult.billing.entries import MANUAL, Activity, TimeEntry, entries_of, locked_at
from econsult.billing.gathering import Part, all_parts_of
from econsult.billing.records import Attested
from econsult.billing.rules import Side
from econsult.billing.seeing import billing_for
from econsult.billing.sheet import seen_parts, sheet_for
from econsult.billing.siterules import rules_in
from econsult.billing.timing import LONGEST_REASON, LockedError, Work
from econsult.errors import ForbiddenError, InvalidError, NotFoundError
from econsult.people.persons import Role
from econsult.rights import Relation
from imaging import typeset
from web.context import database, now, settings
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.shell.numbers import day_and_time, instant_in, number_in
from web.showing.billing_sheet import leaflet_of
from web.showing.note_files import PDF, headed
from web.words import billing as words
from web.words.language import choose_zone, gettext, speaking

billing = Blueprint("billing", __name__, url_prefix="/consults/<public_id>")
WORKERS = (Role.SPECIALIST, Role.PCP)
MINUTE = timedelta(minutes=1)
Page = Response | tuple[str, int]


@billing.post("/time")
@only(*WORKERS)
def measure(public_id: str) -> Response:
    """What the page's timer says: start, beat or pause. Codes and numbers only, and small answers."""
    verb, entry = request.form.get("verb", ""), request.form.get("entry", "")
    if verb not in {"start", "beat", "pause"}:
        raise NotFoundError
    idle = timedelta(seconds=max(number_in(request.form.get("idle", ""), 0), 0))
    with database().writing() as session:
        if verb == "start":
            found = timing.start(session, me(), public_id, request.form.get("activity", ""), now=now())
            return jsonify(entry=found.public_id, seconds=timing.spent(session, found))
        if verb == "beat":
            limit = timedelta(minutes=rules_in(session).idle_minutes)
            return jsonify(running=timing.beat(session, me(), entry, idle=idle, limit=limit, now=now()))
        timing.pause(session, me(), entry, idle=idle, now=now())
    return jsonify(running=False)


@billing.get("/billing")
@only(*WORKERS, Role.COORDINATOR)
def show(public_id: str) -> str:
    """Own time, and for each side that this person may see: the code that fits, what holds and what stands against."""
    with database().writing() as session:
        loaded, sides = billing_for(session, me(), public_id, now=now())
        return _page(session, loaded, sides, {})


@billing.get("/billing/sheet.pdf")
@only(*WORKERS, Role.COORDINATOR)
def sheet(public_id: str) -> Response:
    """What supports a code, as a tagged PDF for whoever bills or audits; English, whoever takes it."""
    with database().writing() as session, speaking("en"):
        found = sheet_for(session, me(), public_id, _zone(), now=now())
        leaflet, number = leaflet_of(found), found.passed.consult.number
    return headed(Response(typeset(leaflet), content_type=PDF), f"econsult-{number}-billing.pdf")


@billing.post("/billing/time")
@only(*WORKERS)
def write_down(public_id: str) -> Page:
    """Own work by hand, or a correction of an entry; after the lock as an amendment."""
    form = FormReader()
    minutes = number_in(request.form.get("minutes", ""), -1)
    start = instant_in(day_and_time("began"), choose_zone())
    reason = form.text("reason", longest=LONGEST_REASON, required=gettext("Say why you write it by hand"))
    if minutes < 0:
        form.errors["minutes"] = gettext("Write the minutes as a whole number")
    if start is None:
        form.errors["began"] = gettext("Write when it began")

    def act(session: Session, _loaded: Pass) -> None:
        work = Work(
            request.form.get("activity", ""), start or now(), (start or now()) + timedelta(minutes=minutes), reason
        )
        old, is_late = request.form.get("replaces", ""), form.is_ticked("amendment")
        timing.enter(session, me(), public_id, work, now=now(), replaces=old, is_amendment=is_late)

    return _done(public_id, form, act)


@billing.post("/billing/attest")
@only(Role.SPECIALIST)
def attest(public_id: str) -> Page:
    """What only the specialist can say of an answer, each of it yes or no."""
    form = FormReader()
    said = {
        name: form.choice(name, ("yes", "no"), required=gettext("Choose yes or no: %(question)s", question=question))
        == "yes"
        for name, question in words.SAID.items()
    }
    why = form.choice("visit_why", tuple(words.VISIT_WHY))

    def act(session: Session, loaded: Pass) -> None:
        parts = all_parts_of(session, [loaded.consult], _zone(), now=now())[loaded.consult.id]
        part = _attested_part(parts)
        if part is None:
            raise ForbiddenError("Only who answered can say that.")
        told = Attested(**said, visit_why=why)
        records.attest(session, loaded.consult, me(), told, answer=part.of.version, now=now())

    return _done(public_id, form, act)


@billing.post("/billing/diagnosis")
@only(Role.PCP)
def diagnose(public_id: str) -> Page:
    """The clinic's ICD-10 code."""
    form = FormReader()
    code = form.text("diagnosis", longest=10)
    return _done(
        public_id, form, lambda session, loaded: records.set_diagnosis(session, loaded.consult, me(), code, now=now())
    )


@billing.post("/billing/coverage")
@only(Role.PCP, Role.COORDINATOR)
def cover(public_id: str) -> Page:
    """Who pays for the child."""
    form = FormReader()
    told = {name: form.text(name, longest=40) for name in ("payer", "insurance_id", "plan", "state")}
    return _done(
        public_id,
        form,
        lambda session, loaded: _keep(records.set_coverage(session, loaded.patient, me(), now=now(), **told)),
    )


@billing.post("/billing/numbers")
@only(*WORKERS)
def number(public_id: str) -> Page:
    """The signed-in clinician's own NPI, taxonomy, licences and enrolment."""
    form = FormReader()
    told = {name: form.text(name, longest=300) for name in ("npi", "taxonomy", "states")}
    is_enrolled = form.is_ticked("is_enrolled")
    return _done(
        public_id,
        form,
        lambda session, _loaded: _keep(records.set_numbers(session, me(), is_enrolled=is_enrolled, now=now(), **told)),
    )


def _keep(_row: object) -> None:
    """What was kept is read again by the page that follows."""


def _done(public_id: str, form: FormReader, act: Callable[[Session, Pass], None]) -> Page:
    """Do it and come back to the page, or show the page with what was wrong."""
    with database().writing() as session:
        loaded, sides = billing_for(session, me(), public_id, now=now())
        if not form.errors:
            try:
                act(session, loaded)
            except InvalidError as error:
                form.errors |= {name: _sentence(name) for name in error.fields}
            except LockedError:
                form.errors["amendment"] = gettext("This time is locked. Tick that you amend it")
        if form.errors:
            return _page(session, loaded, sides, form.errors), 422
    return redirect(url_for("billing.show", public_id=public_id, said="saved"), 303)


def _sentence(field: str) -> str:
    known = {
        "npi": gettext("This is not an NPI. It has ten digits; look at the card again"),
        "taxonomy": gettext("A taxonomy code has ten signs and ends with X"),
        "diagnosis": gettext("This is not the form of an ICD-10 code, such as L20.83"),
        "insurance_id": gettext("An insurance number has 3 to 40 letters and digits"),
        "state": gettext("Write a state as its two letters, such as CA"),
        "minutes": gettext("Write 0 to 480 minutes"),
        "began": gettext("This time has not passed yet, or is from before the request"),
        "reason": gettext("Say why you write it by hand"),
    }
    return known.get(field, gettext("Choose one of these"))


def _attested_part(parts: list[Part]) -> Part | None:
    """The reader's own part that the form is about: of the answer that is named, else of the newest one."""
    own = seen_parts(me(), (Side.CONSULTANT,), parts)
    wanted = number_in(request.values.get("answer", ""), 0)
    return next((part for part in own if wanted in (0, part.of.version)), None)


def _page(session: Session, loaded: Pass, sides: tuple[Side, ...], errors: dict[str, str]) -> str:
    found = all_parts_of(session, [loaded.consult], _zone(), now=now())[loaded.consult.id]
    is_worker = me().role in WORKERS
    about = _attested_part(found) if me().role == Role.SPECIALIST else None
    version = about.of.version if about else 0
    knows_child = me().role in (Role.PCP, Role.COORDINATOR)
    return render_template(
        "billing/consult.html",
        consult=loaded.consult,
        # Whoever replied to a colleague comes from the list and goes back to it: the case itself is closed.
        is_closed=loaded.relation == Relation.REPLIED,
        parts=seen_parts(me(), sides, found),
        words=words,
        payers=words.payers_of(rules_in(session)),
        errors=errors,
        given=request.form,
        activities=[activity for activity in Activity if activity in words.ACTIVITIES],
        **_listed(entries_of(session, loaded.consult, me() if is_worker else None)),
        # Whoever sees the time of several people sees whose it is.
        names={} if is_worker else {part.person.id: part.person.name for part in found if part.person},
        is_locked=is_worker and locked_at(session, loaded.consult, me()) is not None,
        numbers=records.numbers_of(session, me().id) if is_worker else None,
        coverage=records.coverage_of(session, loaded.patient.id) if knows_child else None,
        about=about,
        attested=records.attestation_of(session, loaded.consult.id, me().id, answer=version),
        kept=records.billing_of(session, loaded.consult.id),
        wall=lambda at: at.astimezone(ZoneInfo(choose_zone())).strftime("%Y-%m-%dT%H:%M"),
        place={Role.SPECIALIST: "/worklist", Role.PCP: "/clinic"}.get(Role(me().role), "/coordination"),
        now=now(),
    )


def _listed(entries: list[TimeEntry]) -> dict[str, Any]:
    """What is worth a line of its own, and how often a look was too short for one, with the minutes of all those."""
    lengths = [(entry, entry.ended_at - entry.started_at) for entry in entries]
    short = [length for entry, length in lengths if entry.source != MANUAL and timedelta(0) < length < MINUTE]
    return {
        "entries": [entry for entry, length in lengths if entry.source == MANUAL or length >= MINUTE],
        "short": len(short),
        "short_minutes": int(sum(short, timedelta(0)) / MINUTE),
    }


def _zone() -> ZoneInfo:
    return ZoneInfo(settings().time_zone)
