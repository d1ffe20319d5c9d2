"""What goes in and what comes out, as JSON Schema. Bodies are closed: a field that is not here is refused."""

from __future__ import annotations

from typing import Any

from econsult.consults.attachments import AttachmentState
from econsult.consults.attesting import MISTAKE, OVER
from econsult.consults.clocks import ClockName, ClockState
from econsult.consults.details import LONGEST_CODE, LONGEST_PHONE, MOST_CODES
from econsult.consults.facepolicy import FACE_POLICIES
from econsult.consults.lifecycle import Status
from econsult.consults.records import QUESTION_TYPES, Kind, Source, Urgency
from econsult.consults.telling import METHODS
from econsult.consults.threads import Audience
from econsult.consults.tries import TryResult
from econsult.hidden_numbers import Hidden
from econsult.people.patients import SEXES
from econsult.people.persons import LANGUAGES, SPECIALTIES
from web.api.answer_schemas import RECOMMENDATION
from web.api.consent_schemas import CONSENT, CONSENTS, VOICE
from web.api.described import (
    COUNT,
    FLAG,
    FREE,
    INSTANT,
    MAYBE_INSTANT,
    MAYBE_TEXT,
    PERSON,
    closed,
    listed,
    optional,
    text,
)
from web.api.mark_schemas import RETAKE, RETAKES_IN
from web.api.wish_schemas import WISHED, WISHES_IN

_CODES = listed(text(LONGEST_CODE), MOST_CODES)
DETAILS = {
    "type": "object",
    "properties": {
        "red_flags": _CODES,
        "symptoms": optional(_CODES),
        "since": optional(text(LONGEST_CODE)),
        "contact": {
            "type": ["object", "null"],
            "properties": {"way": optional(text(LONGEST_CODE)), "phone": optional(text(LONGEST_PHONE))},
        },
        "face_policy": optional(text(16, *FACE_POLICIES)),
        "face_consent": optional(FLAG),
        **{name: optional(text()) for name in ("story", "thinks", "tried", "background")},
    },
}
"""A template's own answers stand beside these, as `econsult.consults.details` has them."""
REQUEST = {
    "kind": text(16, *Kind),
    "specialty": optional(text(32, *SPECIALTIES)),
    "question": text(1000),
    "question_type": optional(text(24, *QUESTION_TYPES)),
    "urgency": text(16, *Urgency),
    "source": text(16, *Source),
    "details": DETAILS,
    "consent": optional(CONSENT),
    "voice_consent": optional(VOICE),
    **WISHES_IN,
}
PATIENT_IN = closed(
    ("name", "birth_date"),
    name=text(200),
    nickname=text(40),
    birth_date=text(10),
    sex=text(16, *SEXES),
    language=text(8, *LANGUAGES),
    region=text(40),
    phone=text(40),
    mrn=text(40),
    is_another=FLAG,
)
CONSULT_IN = closed(("patient_id",), patient_id=text(64), confidential=FLAG, **REQUEST)
CONSULT_EDIT = closed(
    (), version=COUNT, **{name: part for name, part in REQUEST.items() if name not in {"kind", "source"}}
)
ATTESTATION_IN = optional(closed(examined_by=text(200), at=text(40), why=text(), taken_back=text(16, MISTAKE, OVER)))
SEND_ON_IN = closed(
    (),
    override_reason=text(),
    urgency_reason=text(),
    red_flag_attestation=ATTESTATION_IN,
    **{name: REQUEST[name] for name in ("specialty", "question", "question_type", "urgency", "details", *WISHES_IN)},
)
SUBMIT_IN = closed(version=COUNT, override_reason=text(), red_flag_attestation=ATTESTATION_IN, is_shared=FLAG)
REASON_IN = closed(reason=text())
NOTHING_IN = closed()
REQUEST_INFO_IN = closed(
    ("text",),
    text=text(),
    items=listed(text(200), 20),
    audience=text(16, Audience.FAMILY, Audience.CLINICIANS),
    retakes=RETAKES_IN,
)
TAKE_BACK_IN = closed((), item=COUNT, retake=text(32), words=FLAG)
MESSAGE_IN = closed(("audience", "text"), audience=text(16, *Audience), text=text())
TRIED_IN = closed(("result",), result=text(16, *TryResult))
INFORMED_IN = closed(("method",), method=text(16, *METHODS), teach_back=FLAG, version=COUNT)

PATIENT = closed(
    ("alias", "age_months", "sex", "region", "language", "deceased"),
    id=text(),
    alias=text(),
    age_months=optional(COUNT),
    sex=text(),
    region=text(),
    language=text(),
    name=text(),
    nickname=text(),
    birth_date=text(),
    phone=text(),
    phone_hidden=text(16, *Hidden),
    mrn=text(),
    deceased=FLAG,
    deceased_on=MAYBE_TEXT,
)
CLOCK = closed(
    ("clock", "state", "breached", "deadline_at", "paused_reason"),
    clock=text(24, *ClockName),
    lane=text(16, "", Audience.FAMILY, Audience.CLINICIANS),
    state=text(16, *ClockState),
    breached=FLAG,
    started_at=INSTANT,
    deadline_at=INSTANT,
    paused_reason=MAYBE_TEXT,
    paused_until=MAYBE_INSTANT,
    held_seconds=COUNT,
    stopped_at=MAYBE_INSTANT,
)
RENDITION = closed(
    ("name", "url", "width", "height", "media_type"),
    name=text(),
    url=text(),
    width=COUNT,
    height=COUNT,
    size=COUNT,
    media_type=text(),
)
ATTACHMENT = closed(
    ("id", "kind", "state", "reason", "quality", "renditions", "report_url"),
    id=text(),
    kind=text(),
    document_type=MAYBE_TEXT,
    view=MAYBE_TEXT,
    state=text(16, *AttachmentState),
    reason=MAYBE_TEXT,
    progress=COUNT,
    quality=optional(FREE),
    received_at=INSTANT,
    renditions=listed(RENDITION, 1000),
    report_url=MAYBE_TEXT,
)
MESSAGE = closed(
    ("id", "audience", "text", "items", "item_numbers", "retakes", "author", "created_at"),
    id=text(),
    audience=text(16, *Audience),
    text=text(),
    items=listed(text()),
    item_numbers=listed(COUNT),
    retakes=listed(RETAKE),
    author=PERSON,
    created_at=INSTANT,
)
ANSWER = closed(
    ("state", "version", "family_summary", "watch_for", "disposition", "recommendations", "signed_at"),
    state=text(16, "draft", "signed"),
    version=COUNT,
    saves=COUNT,
    author=PERSON,
    impression=MAYBE_TEXT,
    confidence=MAYBE_TEXT,
    recommendations=listed(RECOMMENDATION),
    watch_for=text(10_000),
    disposition=MAYBE_TEXT,
    family_summary=text(10_000),
    references=text(10_000),
    family_summary_es=text(10_000),
    watch_for_es=text(10_000),
    photo_days=optional(COUNT),
    spanish_how=MAYBE_TEXT,
    spanish_by=text(200),
    saved_at=INSTANT,
    signed_at=MAYBE_INSTANT,
    released_at=MAYBE_INSTANT,
    undo_until=MAYBE_INSTANT,
    corrects=optional(COUNT),
    reason=text(1000),
    reason_es=text(10_000),
    fingerprint=MAYBE_TEXT,
)
ROW = {
    "id": text(),
    "number": text(),
    "kind": text(),
    "status": text(16, *Status),
    "source": text(),
    "specialty": MAYBE_TEXT,
    "urgency": text(),
    "question": MAYBE_TEXT,
    "question_type": MAYBE_TEXT,
    "version": COUNT,
    "due_at": MAYBE_INSTANT,
    "created_at": INSTANT,
    "submitted_at": MAYBE_INSTANT,
    "patient": PATIENT,
    "holder": optional(PERSON),
    "clocks": listed(CLOCK),
}
CONSULT = closed(
    ("id", "number", "status"),
    **ROW,
    details=FREE,
    is_private_site=FLAG,
    confidential=FLAG,
    questionnaires=listed(
        closed(("name", "version", "missing"), name=text(), version=text(), status=text(), missing=listed(text(), 200))
    ),
    **CONSENTS,
    **WISHED,
    is_close_out_open=FLAG,
    home_not_safe=optional(closed(("since",), since=INSTANT, safe_ways=listed(text(), 500), is_hint=FLAG)),
    requester=PERSON,
    answered_at=MAYBE_INSTANT,
    released_at=MAYBE_INSTANT,
    acknowledged_at=MAYBE_INSTANT,
    informed_at=MAYBE_INSTANT,
    informed_method=MAYBE_TEXT,
    unheard_version=optional(COUNT),
    interpreter_since=MAYBE_INSTANT,
    ended_at=MAYBE_INSTANT,
    end_reason=MAYBE_TEXT,
    end_told=optional(closed(("who", "at"), who=text(), at=text())),
    override_reason=MAYBE_TEXT,
    danger_words=listed(text(), 40),
    stopped_before=listed(closed(("flags", "at"), flags=listed(text(), 80), at=INSTANT)),
    attested_flags=listed(
        closed(
            ("flags", "examined_by", "at", "why", "attested_at", "attested_by"),
            flags=listed(text(), 80),
            examined_by=text(),
            at=text(),
            why=text(),
            attested_at=INSTANT,
            attested_by=text(),
            taken_back=text(16, MISTAKE, OVER),
        )
    ),
    attachments=listed(ATTACHMENT, 1000),
    messages=listed(MESSAGE, 10_000),
    answer=optional(ANSWER),
    rights=listed(text()),
)
PROBLEM = {
    "type": "object",
    "properties": {
        "type": text(),
        "title": text(),
        "status": COUNT,
        "detail": text(),
        "code": text(),
        "fields": {"type": "object", "additionalProperties": text()},
    },
    "required": ["type", "title", "status", "detail", "code"],
}
ANSWERS: dict[str, dict[str, Any]] = {
    "Patient": PATIENT,
    "Patients": closed(("items", "next"), items=listed(PATIENT, 200), next=MAYBE_TEXT),
    "Consult": CONSULT,
    "Consults": closed(("items", "next"), items=listed(closed(tuple(ROW), **ROW), 200), next=MAYBE_TEXT),
    "Message": MESSAGE,
    "Answer": ANSWER,
    "Answers": closed(("items",), items=listed(ANSWER)),
    "Report": FREE,
    "Specialists": closed(("items",), items=listed(PERSON, 1000)),
    "ConsentTexts": closed(
        ("items",),
        items=listed(closed(("name", "version", "texts"), name=text(16), version=text(16), texts=FREE), 20),
    ),
    "Questionnaires": closed(("items",), items=listed(FREE, 500)),
    "Questionnaire": FREE,
    "Problem": PROBLEM,
}
