"""An e-mail answers what a specialist asked: its words and the chosen files go to the request that waits for them."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug import Response

from econsult.consults.threads import LONGEST_MESSAGE, Audience
from econsult.errors import ConsultError, ImpossibleVerbError, NotFoundError
from econsult.incoming.answering import answer_with, has_answered
from econsult.incoming.confirming import mail_for
from econsult.incoming.records import IncomingMail
from econsult.lanes import writing_to
from uploads.from_mail import send_files
from web.context import database, now, ring_workers, runtime
from web.pages.clinic.home import CLINIC_ROLES
from web.pages.clinic.mail import mail_page
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.numbers import number_in
from web.uploading.plain_form import problem_of
from web.uploading.tus import clock, upload_door
from web.words.language import gettext
from web.words.refusals import told_of_files

mail_answers = rings(Blueprint("mail_answers", __name__, url_prefix="/clinic/mail"))


@mail_answers.post("/<public_id>/answer")
@only(*CLINIC_ROLES)
def answer(public_id: str) -> Response | tuple[str, int]:
    """Send it as the answer; of what does not arrive the rest stays on the page."""
    form = FormReader()
    wished = form.text("request", longest=40, required=gettext("Choose the request that it answers"))
    text = form.text("text", longest=LONGEST_MESSAGE)
    chosen = {number_in(number, -1) for number in request.form.getlist("files")}
    if not form.errors and not text and not chosen:
        # Of what is left of an answer there are no words to write.
        form.errors["text" if "text" in request.form else "files"] = gettext("Choose a file, or write something")
    if form.errors:
        return mail_page({f"{name}-{public_id}": words for name, words in form.errors.items()}), 422
    try:
        mail = _answered(public_id, wished, text, has_files=bool(chosen))
    except ImpossibleVerbError:
        return mail_page({f"request-{public_id}": gettext("This request takes no answer any more")}), 422
    problem = _send(mail, wished, chosen) if mail is not None else ""
    if problem:
        return mail_page({f"files-{public_id}": problem}), 422
    return redirect(url_for("consult.show", public_id=wished, said="files_sent" if chosen else "sent"), 303)


def _answered(public_id: str, wished: str, text: str, *, has_files: bool) -> IncomingMail | None:
    """The message, of which the words are said; None where all of it was sent by a press before.

    Raises NotFoundError where it was thrown away or has expired meanwhile: nothing of it was sent.
    """
    with database().writing() as session:
        consult = writing_to(session, me(), wished, Audience.CLINICIANS, now=now()).consult
        try:
            mail = mail_for(session, me(), public_id, now())
        except NotFoundError:
            if has_answered(session, public_id, consult, me()):
                return None
            raise
        answer_with(session, mail, consult, me(), text, now=now(), has_files=has_files)
    return mail


def _send(mail: IncomingMail, wished: str, chosen: set[int]) -> str:
    """Send the files, and forget the message; what is wrong in words, else nothing."""
    try:
        send_files(upload_door(), runtime().blobs, me(), (mail, wished), chosen, clock=clock)
    except ConsultError as refusal:
        return "" if _is_through(mail, wished, chosen) else told_of_files({"problem": problem_of(refusal)})
    finally:
        ring_workers()
    return ""


def _is_through(mail: IncomingMail, wished: str, chosen: set[int]) -> bool:
    """Whether another press of the same button has sent all of it meanwhile, after which its files are gone."""
    with database().reading() as session:
        try:
            left = mail_for(session, me(), mail.public_id, now()).files
        except NotFoundError:
            consult = writing_to(session, me(), wished, Audience.CLINICIANS, now=now()).consult
            return has_answered(session, mail.public_id, consult, me())
    return not chosen & {each.number for each in left}
