"""Records as JSON, cut to what the reader may know: the one place where the API decides which fields somebody sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.advice.close_out import is_left_open
from econsult.consults.answers import Answer, answer_for
from econsult.consults.attachments import Attachment, AttachmentState, Rendition, attachments_of, renditions_of
from econsult.consults.attesting import TAKEN_BACK
from econsult.consults.clocks import Clock, ClockName, clocks_of, held_for
from econsult.consults.contents import IN_SPANISH
from econsult.consults.hinting import asked_now
from econsult.consults.records import Consult, Kind, RedFlagStop
from econsult.consults.redflags import UNSAFE
from econsult.consults.screening import attested_of
from econsult.consults.threads import Audience, Message
from econsult.consults.told_signs import stopped_before
from econsult.consults.versions import versions_of
from econsult.hidden_numbers import Hidden
from econsult.lanes import messages_for
from econsult.note import EDITIONS, fingerprint_of
from econsult.people.patients import Patient, age_in_months
from econsult.people.persons import Person
from econsult.reading import Reader, reader_for
from econsult.rights import OF_FAMILY, Relation, Right, report_right
from web.api.consent_shapes import consents_json
from web.api.forms import asked_json
from web.api.homes import home_json
from web.api.marks import retakes_json
from web.api.numbers import details_json, hidden_on
from web.api.stamps import stamp
from web.api.who import person_json
from web.api.wishes import before_json, wishes_json
from web.context import now
from web.shell.auth import me
from web.showing.deaths import died_on, has_died
from web.words.covered import marks


def patient_json(patient: Patient, *, with_identity: bool, hidden: Hidden | None = None) -> dict[str, Any]:
    """A child: alias, age, sex and region for everybody, the rest for those who may know who it is.

    `hidden`: why the number of the family is not shown, as `web.api.numbers` finds it.
    """
    shown: dict[str, Any] = {
        "alias": patient.alias,
        "age_months": None if patient.erased_at else age_in_months(patient.birth_date, now().date()),
        "sex": patient.sex,
        "region": patient.region,
        "language": patient.language,
        "deceased": has_died(patient.id),
    }
    if with_identity:
        shown |= {"id": patient.public_id, "name": patient.name, "birth_date": patient.birth_date_text}
        shown |= {"nickname": patient.nickname or ""}
        shown |= {"phone": "" if hidden else patient.phone, "mrn": patient.mrn, "deceased_on": died_on(patient)}
        shown |= {"phone_hidden": hidden} if hidden else {}
    return shown


def row_json(
    session: Session, consult: Consult, patient: dict[str, Any], clocks: Sequence[Clock], *, read: Reader
) -> dict[str, Any]:
    """What lists and the whole record have in common."""
    holder = session.get_one(Person, consult.holder_id) if consult.holder_id is not None else None
    return {
        "id": consult.public_id,
        "number": consult.number,
        "kind": consult.kind,
        "status": consult.status,
        "source": consult.source,
        "specialty": consult.specialty,
        "urgency": consult.urgency,
        "question": read.text(consult.question),
        "question_type": consult.question_type,
        "version": consult.version,
        "due_at": stamp(consult.due_at),
        "created_at": stamp(consult.created_at),
        "submitted_at": stamp(consult.submitted_at),
        "patient": patient,
        "holder": person_json(holder) if holder else None,
        "clocks": [_clock_json(clock) for clock in clocks],
    }


def consult_json(session: Session, passed: Pass) -> dict[str, Any]:
    """The whole consult as this reader may see it."""
    consult = passed.consult
    has_identity = passed.may(Right.SEE_IDENTITY)
    hidden = hidden_on(session, passed) if has_identity else None
    patient = patient_json(passed.patient, with_identity=has_identity, hidden=hidden)
    read = reader_for(session, passed, marks())
    shown = row_json(session, consult, patient, clocks_of(session, consult.id), read=read)
    shown |= {
        "details": read.whole(details_json(session, passed)),
        "is_private_site": consult.is_private_site,
        "confidential": consult.is_confidential,
        "questionnaires": asked_json(session, passed),
        **consents_json(session, passed),
        **wishes_json(session, consult),
        **before_json(session, passed),
        **home_json(session, consult.patient_id),
        "requester": person_json(session.get_one(Person, consult.requester_id)),
        "answered_at": stamp(consult.answered_at),
        "released_at": stamp(consult.released_at),
        "acknowledged_at": stamp(consult.acknowledged_at),
        "informed_at": stamp(consult.informed_at),
        "informed_method": consult.informed_method,
        "unheard_version": consult.unheard_version,
        "interpreter_since": stamp(consult.interpreter_since),
        "ended_at": stamp(consult.ended_at),
        "end_reason": read.whole(consult.end_reason) if consult.ended_at else None,
        "end_told": read.whole(consult.end_told) if consult.ended_at else None,
        "override_reason": read.whole(consult.override_reason),
        "is_close_out_open": is_left_open(session, consult),
        "danger_words": list(asked_now(session, consult, now())),
        "stopped_before": [
            {"flags": [code for code in stop.codes.split(",") if code != UNSAFE], "at": stamp(stop.at)}
            for stop in stopped_before(session, [consult]).get(consult.id, [])
        ],
        "attested_flags": [_attested_json(session, stop, read) for stop in attested_of(session, consult.id)],
        "attachments": attachments_json(session, passed) if passed.may(Right.SEE_MEDIA) else [],
        "messages": messages_json(session, passed, read),
        "answer": _answer_for(session, passed, read),
        "rights": sorted(passed.rights),
    }
    return _for_family(shown, consult) if passed.relation in OF_FAMILY else shown


def _attested_json(session: Session, stop: RedFlagStop, read: Reader) -> dict[str, Any]:
    """Signs that mean now, who examined the child, when, why it can wait, and who says so, for whoever answers."""
    said = stop.attestation or {}
    told = {name: read.text(str(said.get(name, ""))) for name in ("examined_by", "why")}
    known = {"at": str(said.get("at", "")), "attested_at": stamp(stop.at)}
    by = session.get_one(Person, stop.person_id).name
    back = {TAKEN_BACK: said[TAKEN_BACK]} if TAKEN_BACK in said else {}
    return {"flags": stop.codes.split(","), **known, "attested_by": by, **told, **back}


def attachments_json(session: Session, passed: Pass) -> list[dict[str, Any]]:
    """The consult's files with their safe copies."""
    attachments = attachments_of(session, passed.consult.id)
    renditions = renditions_of(session, [attachment.id for attachment in attachments])
    return [_attachment_json(attachment, renditions[attachment.id], passed) for attachment in attachments]


def messages_json(session: Session, passed: Pass, read: Reader) -> list[dict[str, Any]]:
    """The messages that the reader may read, with the photos that they ask for again."""
    messages = messages_for(session, me(), passed)
    again = retakes_json(session, passed.consult.id, [message.id for message in messages])
    return [message_json(session, message, read, again.get(message.id, ())) for message in messages]


def message_json(
    session: Session, message: Message, read: Reader, retakes: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """One message of a lane that the reader may read."""
    return {
        "id": message.public_id,
        "audience": message.audience,
        "text": read.text(message.standing_text),
        "items": read.whole([line for _number, line in message.standing_items]),
        "item_numbers": [number for number, _line in message.standing_items],
        "retakes": list(retakes),
        "author": person_json(session.get_one(Person, message.author_id)),
        "created_at": stamp(message.created_at),
    }


TEXTS = ("impression", "watch_for", "family_summary", "references", *IN_SPANISH)
"""The free texts of an answer."""


def answer_json(session: Session, answer: Answer) -> dict[str, Any]:
    """An answer with all its fields: those who may read it at all read the whole of it."""
    content = answer.content
    return {
        "state": "draft" if answer.signed_at is None else "signed",
        "version": answer.version,
        "saves": answer.saves,
        "author": person_json(session.get_one(Person, answer.author_id)),
        **{name: content.get(name) or "" for name in TEXTS},
        **{name: content.get(name) for name in ("confidence", "disposition", "photo_days", "spanish_how")},
        "recommendations": content.get("recommendations", []),
        "saved_at": stamp(answer.saved_at),
        "signed_at": stamp(answer.signed_at),
        "released_at": stamp(answer.released_at),
        "undo_until": stamp(answer.undo_until),
        "corrects": answer.corrects,
        "reason": answer.why,
        "fingerprint": None if answer.signed_at is None else _fingerprint(session, answer),
    }


def versions_json(session: Session, passed: Pass, read: Reader) -> list[dict[str, Any]]:
    """The signed versions, for those who read answers; a family's are those that were opened to it."""
    if passed.relation not in EDITIONS:
        return []
    found = versions_of(session, passed.consult.id, for_family=not me().is_staff)
    return [answer_json(session, answer) | _words_of(answer, read) for answer in found]


def _fingerprint(session: Session, answer: Answer) -> str:
    return fingerprint_of(session, session.get_one(Consult, answer.consult_id), answer)


def _answer_for(session: Session, passed: Pass, read: Reader) -> dict[str, Any] | None:
    if passed.relation not in EDITIONS and passed.relation != Relation.FOR_DESK:
        # Whoever has not taken the case reads no answer, one from before it was opened again either; nor does a nurse.
        return None
    answer = answer_for(session, passed.consult, me())
    if answer is None:
        return None
    # What is being written is given back as it is; what was signed before may be a clinic's, to the family by name.
    return answer_json(session, answer) | ({} if answer.signed_at is None else _words_of(answer, read))


def _words_of(answer: Answer, read: Reader) -> dict[str, Any]:
    names = (*TEXTS, "recommendations")
    words = {name: read.whole(answer.content[name]) for name in names if answer.content.get(name)}
    return words | {"reason": read.text(answer.why)}


def _for_family(shown: dict[str, Any], consult: Consult) -> dict[str, Any]:
    """What a clinic asks a specialist is said between clinicians; a family sees that it was asked, and how it goes.

    Why a colleague declined or closed is for the clinic, which tells the family in its own words.
    """
    for name in ("override_reason", "attested_flags", "stopped_before", "is_close_out_open"):
        del shown[name]
    # Who takes it within the house is for the house, and so is a reply to the clinic; a family is promised its own.
    shown["clocks"] = [
        clock
        for clock in shown["clocks"]
        if clock["clock"] != ClockName.ALLOCATE and clock["lane"] in ("", Audience.FAMILY)
    ]
    shown |= {"end_reason": None, "end_told": None}
    if consult.kind != Kind.FAMILY_QUESTION:
        shown |= {"question": None, "question_type": None, "details": {}}
    shown |= {"named_specialist": None, "may_convert": False}
    return shown


def _attachment_json(attachment: Attachment, renditions: Sequence[Rendition], passed: Pass) -> dict[str, Any]:
    is_told = passed.may(report_right(is_ready=attachment.state == AttachmentState.READY))
    has_report = is_told and attachment.report is not None
    return {
        "id": attachment.public_id,
        "kind": attachment.kind,
        "document_type": attachment.document_type,
        "view": attachment.view,
        "state": attachment.state,
        "reason": attachment.reason,
        "progress": attachment.progress,
        "quality": attachment.quality,
        "received_at": stamp(attachment.received_at),
        "renditions": [_rendition_json(rendition) for rendition in renditions],
        "report_url": f"/api/v1/attachments/{attachment.public_id}/report" if has_report else None,
    }


def _rendition_json(rendition: Rendition) -> dict[str, Any]:
    return {
        "name": rendition.name,
        "url": f"/media/{rendition.public_id}",
        "width": rendition.width,
        "height": rendition.height,
        "size": rendition.size,
        "media_type": rendition.media_type,
    }


def _clock_json(clock: Clock) -> dict[str, Any]:
    return {
        "clock": clock.name,
        "lane": clock.lane,
        "state": clock.state,
        "breached": clock.is_breached,
        "started_at": stamp(clock.started_at),
        "deadline_at": stamp(clock.deadline_at),
        "paused_reason": clock.paused_reason,
        "paused_until": stamp(clock.paused_until),
        "held_seconds": int(held_for(clock).total_seconds()),
        "stopped_at": stamp(clock.stopped_at),
    }
