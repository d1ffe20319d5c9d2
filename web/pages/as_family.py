"""A draft as its family will read it once it is signed and opened: the same page part, in the family's language."""

from __future__ import annotations

from flask import Blueprint, render_template

from econsult.access import consult_for
from econsult.consults.added_steps import with_added
from econsult.consults.answers import draft_of
from econsult.consults.conversion import is_converted
from econsult.consults.recommendations import due_of
from econsult.errors import ForbiddenError, NotFoundError
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now
from web.shell.auth import me, only
from web.showing.clinics import telephone_of
from web.showing.plain import plain_of
from web.showing.steps import Own
from web.words.language import speaking
from web.words.plain import lacking_words
from web.words.times import last_day

as_family = Blueprint("as_family", __name__, url_prefix="/consults/<public_id>/answer/preview")


@as_family.get("")
@only(Role.SPECIALIST, Role.PCP)
def show(public_id: str) -> str:
    """Exactly what the family will read, with the steps that the signature brings. Only whoever writes sees it."""
    at = now()
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=at, right=Right.ANSWER)
        consult, draft = loaded.consult, draft_of(session, loaded.consult.id)
        if consult.holder_id != me().id:
            raise ForbiddenError("Only whoever holds the request sees its draft.")
        if draft is None:
            raise NotFoundError
        content = with_added(session, consult, draft.content, at)
        is_agreed = is_converted(session, consult, draft.disposition)
        plain = plain_of(draft, at, loaded.patient, content, is_agreed=is_agreed)
        telephone = telephone_of(session, loaded.patient)
        plan = content["recommendations"]
        due = [due_of(session, step, content, at) for step in plan if step["owner"] == "family"]
    lacking = lacking_words(content, loaded.patient.language)
    shown = {"consult": consult, "plain": plain, "theirs": [], "telephone": telephone}
    with speaking(loaded.patient.language):
        shown["mine"] = [
            Own(str(number), said.text, said.language, last_day(until), is_done=False, is_open=True, said="")
            for number, (said, until) in enumerate(zip(plain.at_home, due, strict=True))
        ]
        words = render_template("consult/as_family.html", **shown, reads=loaded.patient.language, is_signed_now=True)
    return render_template(
        "consult/preview.html", consult=consult, words=words, lacking=lacking, patient=loaded.patient
    )
