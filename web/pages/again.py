"""Taking a photo again as the specialist drew it: the same page for a family and for a clinic."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.consults.attachments import renditions_of
from econsult.people.persons import HOUSEHOLD, Role
from econsult.retaking import Asked, retake_for
from econsult.rights import Right
from web.context import database, now
from web.pages.family.photos import problem_words
from web.shell.auth import me, only
from web.shell.desk import rings
from web.showing.marks import Guide
from web.showing.retakes import guide_of
from web.words.language import gettext

family_again = Blueprint("family_again", __name__, url_prefix="/family/questions/<public_id>/again")
clinic_again = rings(Blueprint("clinic_again", __name__, url_prefix="/consults/<public_id>/again"))
Page = str | Response


@family_again.get("/<retake_id>")
@only(*HOUSEHOLD)
def take(public_id: str, retake_id: str) -> Page:
    """The old photo with its marks, and the camera."""
    return _page("family/again.html", public_id, retake_id, url_for("family_status.show", public_id=public_id))


@clinic_again.get("/<retake_id>")
@only(Role.PCP, Role.TELEPRESENTER)
def take_in_clinic(public_id: str, retake_id: str) -> Page:
    """The same at the clinic, which may have the child before it."""
    return _page("clinic/again.html", public_id, retake_id, url_for("consult.show", public_id=public_id))


def _page(template: str, public_id: str, retake_id: str, back: str) -> Page:
    with database().writing() as session:
        asked = retake_for(session, me(), retake_id, now=now(), right=Right.UPLOAD)
        guide = _guide(session, asked)
    consult = asked.loaded.consult
    if consult.public_id != public_id or not guide.take:
        # It has ended, or no photo is taken here: the question's own page says how it stands.
        return redirect(back, code=303)
    problem = problem_words()
    return render_template(
        template,
        consult=consult,
        guide=guide,
        back=back,
        errors={"chosen": problem} if problem else {},
        received=gettext("We got your photo.") if _has_arrived() and not problem else "",
    )


def _guide(session: Session, asked: Asked) -> Guide:
    copies = renditions_of(session, [asked.photo.id]) if asked.loaded.may(Right.SEE_MEDIA) else {}
    return guide_of(asked.loaded, asked.retake, asked.photo, copies.get(asked.photo.id, ()))


def _has_arrived() -> bool:
    return bool(request.args.get("sent", "0").strip("0"))
