"""Files that wait for a person of the medical home: why, a picture to judge by, and three ways to decide."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.access import review_for
from econsult.consults import reviews as verbs
from econsult.consults.attachments import REVIEW_COPY, Attachment, AttachmentState, MediaKind, Rendition
from econsult.consults.facepolicy import FACE_IS_FINDING, FACE_POLICIES, MASK_ALL, NO_FACE
from econsult.consults.family_word import no_to_faces
from econsult.consults.furtherance import Allowed, Choice, choose, standing
from econsult.consults.preparing import is_private_picture
from econsult.consults.records import Consult
from econsult.consults.voice import VoiceChoice, choose_voice
from econsult.errors import ImpossibleVerbError, InvalidError, OriginalGoneError, StaleVersionError
from econsult.people.consent import mark_of
from econsult.people.patients import Patient
from econsult.people.persons import LANGUAGES, Person, Role
from econsult.rights import Right
from web.context import database, now
from web.pages.clinic.terms import CONSENT_BY, CONSENT_CODES, VOICE_METHODS, grown_up_words, signers, too_young_words
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.numbers import form_number
from web.showing.files import card, media_url
from web.words import terms
from web.words.files import FACE_CHOICES, FOR_STAFF, HOLD_REASONS, PAPER_CHOICES
from web.words.language import gettext
from web.words.times import moment

reviews = rings(Blueprint("reviews", __name__, url_prefix="/reviews"))
CELLS = 8
"""The picture is marked in so many rows and columns."""
Page = str | Response | tuple[str, int]


@reviews.get("")
@only(Role.PCP)
def waiting() -> str:
    """Every file of one's clinic that waits for a decision."""
    with database().writing() as session:
        found = verbs.held_files(session, me())
        rows = [
            (card(file, (), FOR_STAFF), consult.number, moment(file.received_at), _why(file)) for file, consult in found
        ]
    return render_template("staff/reviews.html", rows=rows)


@reviews.get("/<attachment_id>")
@only(Role.PCP)
def show(attachment_id: str) -> Page:
    """One file, as the reviewer may see it. That it was looked at is written down."""
    with database().writing() as session:
        attachment, consult = review_for(session, me(), attachment_id, now=now())
        return _page(session, attachment, consult, {})


@reviews.post("/<attachment_id>/faces")
@only(Role.PCP)
def choose_faces(attachment_id: str) -> Page:
    """Prepare the file anew with this policy for faces."""
    form = FormReader()
    policy = form.choice("face_policy", (*FACE_POLICIES, NO_FACE), required=gettext("Choose what is hidden"))
    cells = form.choices("cells", [f"{row}-{column}" for row in range(CELLS) for column in range(CELLS)])
    consent = form.is_ticked("face_consent")
    told = (form.choice("consent_by", CONSENT_BY), form.choice("consent_method", VOICE_METHODS))
    read_in = form.choice("consent_language", LANGUAGES) or "en"

    def decide(session: Session, attachment: Attachment) -> None:
        if policy == FACE_IS_FINDING and consent:
            # Which no was seen, `seen` says: another word of the family is another state of the file.
            no = no_to_faces(session, attachment.consult_id)
            known = mark_of(no) if no is not None and form.is_ticked("after_no") else ""
            if no is not None and not known:
                raise InvalidError("The family said no to the face.", {"after_no": "required"})
            _write_yes(session, attachment, Choice(Allowed.FACES, True, *told, read_in, known) if all(told) else None)
        verbs.choose_faces(
            session,
            attachment,
            me(),
            policy=policy,
            regions=[_region(cell) for cell in cells],
            has_consent=consent,
            now=now(),
        )

    return _decide(attachment_id, decide, form.errors)


@reviews.post("/<attachment_id>/release")
@only(Role.PCP)
def release(attachment_id: str) -> Page:
    """Show the file as it is, for treatment only."""
    return _decide_with_reason(attachment_id, verbs.release_for_treatment, "release_reason")


@reviews.post("/<attachment_id>/reject")
@only(Role.PCP)
def reject(attachment_id: str) -> Page:
    """Refuse the file."""
    return _decide_with_reason(attachment_id, verbs.reject_file, "reject_reason")


@reviews.post("/<attachment_id>/silence")
@only(Role.PCP)
def silence(attachment_id: str) -> Page:
    """The family takes its yes to the voice back: every film of the case loses its sound."""
    with database().writing() as session:
        _, consult = review_for(session, me(), attachment_id, now=now())
        choose_voice(session, consult, me(), VoiceChoice(is_given=False), now=now())
    return redirect(url_for("consult.show", public_id=consult.public_id, said="decided"), 303)


@reviews.post("/<attachment_id>/keep-hidden")
@only(Role.PCP)
def keep_hidden(attachment_id: str) -> Page:
    """The specialist's wish is declined; the face stays hidden."""
    return _decide(attachment_id, lambda session, file: verbs.refuse_to_show(session, file, me(), now=now()), {})


@reviews.post("/<attachment_id>/ask")
@only(Role.SPECIALIST)
def ask(attachment_id: str) -> Response:
    """A specialist asks the medical home to show a hidden face."""
    with database().writing() as session:
        attachment, consult = review_for(session, me(), attachment_id, now=now(), right=Right.HOLD)
        verbs.ask_to_show(session, attachment, me(), now=now())
    sheet = form_number("sheet", 1)
    return redirect(url_for("consult.show", public_id=consult.public_id, sheet=sheet, said="asked_to_show"), 303)


def _write_yes(session: Session, attachment: Attachment, yes: Choice | None) -> None:
    """Keep whose yes the tick is, and how they gave it, unless the family gave its own. Raises InvalidError."""
    consult = session.get_one(Consult, attachment.consult_id)
    if Allowed.FACES in standing(session, consult.id):
        return
    if consult.ended_at is not None:
        raise InvalidError("No consent is taken for what has ended.", {"face_policy": "ended"})
    if yes is None:
        raise InvalidError("Say who agreed and how.", {"consent_by": "required"})
    choose(session, consult, me(), yes, now=now())


def _decide_with_reason(attachment_id: str, verb: Callable[..., None], field: str) -> Page:
    """A decision whose reason is written in `field`; one that is missing or too long is said there."""
    form = FormReader()
    reason = form.text("reason", longest=verbs.LONGEST_REASON, required=gettext("Write the reason"))
    errors = {field: form.errors["reason"]} if form.errors else {}
    return _decide(attachment_id, lambda session, file: verb(session, file, me(), reason=reason, now=now()), errors)


def _decide(attachment_id: str, verb: Callable[[Session, Attachment], None], errors: dict[str, str]) -> Page:
    """Carry the decision out and go back to the case; what is missing is said beside its field, and nothing is lost.

    A decision about what the file was before is not carried out: the page comes again with the file as it is now.
    """
    status = 422
    try:
        with database().writing() as session:
            attachment, consult = review_for(session, me(), attachment_id, now=now())
            verbs.check_seen(session, attachment, request.form.get("seen", ""))
            if not errors:
                verb(session, attachment)
                return redirect(url_for("consult.show", public_id=consult.public_id, said="decided"), 303)
    except InvalidError as wrong:
        said = ((name, _MISSING.get(f"{name}:{fault}") or _MISSING[name]) for name, fault in wrong.fields.items())
        errors = {name.replace("opt_in.by", "consent_by"): str(words()) for name, words in said}
    except StaleVersionError:
        errors, status = {"file": gettext("This file changed after you opened it. Look again, then decide.")}, 409
    except OriginalGoneError:
        errors, status = {"file": gettext("It cannot be prepared in another way.")}, 409
    except ImpossibleVerbError:
        errors, status = {"file": gettext("This file was decided about meanwhile, or is being prepared")}, 409
    with database().writing() as session:
        return _page(session, *review_for(session, me(), attachment_id, now=now()), errors), status


_MISSING: dict[str, Callable[[], str]] = {
    "face_policy": lambda: gettext("Choose what is hidden"),
    "face_policy:ended": lambda: gettext("The question is closed, and no yes can be written down. Hide the face"),
    "face_consent": lambda: gettext("To show the face, the family must have agreed to that"),
    "after_no": lambda: gettext("The family said no. Show the face only if they changed their mind, and confirm that"),
    "consent_by": lambda: gettext("Say who agreed and how"),
    "opt_in.by": lambda: gettext("Say who agreed and how"),
    "opt_in.by:grown_up": grown_up_words,
    "opt_in.by:too_young": too_young_words,
    "regions": lambda: gettext("Mark the part of the picture that stays open"),
}


def _page(session: Session, attachment: Attachment, consult: Consult, errors: dict[str, str]) -> str:
    pictures, is_paper = _pictures(session, attachment), attachment.kind == MediaKind.LAB_DOCUMENT
    offered = PAPER_CHOICES if is_paper else FACE_CHOICES
    asker = session.get(Person, attachment.show_asked_by_id) if attachment.show_asked_by_id else None
    return render_template(
        "staff/review.html",
        file=card(attachment, (), FOR_STAFF),
        consult=consult,
        why=_why(attachment),
        asker=asker.name if asker else "",
        pictures=pictures,
        is_photo=attachment.kind == MediaKind.PHOTO,
        is_film=attachment.kind == MediaKind.VIDEO,
        is_private=is_private_picture(session, attachment),
        seen=verbs.version_of(session, attachment),
        cells=range(CELLS),
        chosen_cells=request.form.getlist("cells"),
        choices=[(code, words) for code, words in offered.items() if code in verbs.policies_for(attachment)],
        chosen=request.form.get("face_policy")
        or attachment.face_policy
        or (MASK_ALL if is_paper else consult.details.get("face_policy", MASK_ALL)),
        needs_consent=FACE_IS_FINDING in verbs.policies_for(attachment),
        has_yes=Allowed.FACES in standing(session, consult.id),
        no=_no(session, consult),
        consent_by=signers(session, session.get_one(Patient, consult.patient_id)),
        consent_methods=VOICE_METHODS,
        languages=list(terms.LANGUAGES.items()),
        given=request.form,
        errors=errors,
    )


def _no(session: Session, consult: Consult) -> tuple[str, str, str] | None:
    """The family's no to the face, where that is its last word: when it was said, by whom and how."""
    no = no_to_faces(session, consult.id)
    return (moment(no.at), str(CONSENT_CODES[no.given_by]), str(CONSENT_CODES[no.method])) if no else None


def _why(attachment: Attachment) -> str:
    if attachment.state == AttachmentState.HELD:
        return str(HOLD_REASONS.get(attachment.reason or "", FOR_STAFF.states[AttachmentState.HELD]))
    if attachment.show_asked_at is not None and attachment.reason in HOLD_REASONS:
        undone = gettext("What was chosen could not be done, and the file is shown as before.")
        return f"{undone} {HOLD_REASONS[attachment.reason]}"
    return gettext("A specialist asks to see what is covered.") if attachment.show_asked_at else ""


def _pictures(session: Session, attachment: Attachment) -> list[tuple[str, int, int]]:
    """Address, width and height of what the reviewer judges by: review copies of a held file, else what all see."""
    is_over = attachment.state in (AttachmentState.REJECTED, AttachmentState.FAILED)
    if is_over or is_private_picture(session, attachment):
        return []
    is_held = attachment.state == AttachmentState.HELD
    copies = session.scalars(select(Rendition).where(Rendition.attachment_id == attachment.id).order_by(Rendition.id))
    return [
        (media_url(copy), copy.width, copy.height)
        for copy in copies
        if copy.media_type.startswith("image/") and _is_for_reviewer(copy.name, is_held=is_held)
    ]


def _is_for_reviewer(name: str, *, is_held: bool) -> bool:
    return name.startswith(REVIEW_COPY) if is_held else name in {"view", "poster"} or name.startswith("page-")


def _region(cell: str) -> dict[str, float]:
    row, column = (int(part) for part in cell.split("-"))
    return {"left": column / CELLS, "top": row / CELLS, "width": 1 / CELLS, "height": 1 / CELLS}
