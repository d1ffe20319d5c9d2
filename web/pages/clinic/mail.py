"""What came by e-mail in the signed-in person's name: shown to them alone, begun a request with, or thrown away."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from econsult import panel
from econsult.access import patient_for
from econsult.consults.records import Consult
from econsult.consults.views import View
from econsult.consults.worklist import page
from econsult.cursors import unpack_number
from econsult.incoming.confirming import begin_request, mail_for, mail_of, request_of
from econsult.incoming.records import IncomingMail
from econsult.people.names import LONGEST_NAME
from uploads.from_mail import finish_mail
from web.context import database, now, runtime, settings
from web.pages.clinic.home import CLINIC_ROLES, shown_children
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.forms import FormReader
from web.shell.unreadable import only_looks
from web.showing.rows import rows_of
from web.words.language import gettext
from web.words.mail import FILE_DRAWINGS, FILE_KINDS, SAID, size_words

clinic_mail = rings(Blueprint("clinic_mail", __name__, url_prefix="/clinic/mail"))


@clinic_mail.get("")
@only(*CLINIC_ROLES)
def show_mail() -> str:
    """Everything that waits, with its words; of a picture only that there is one: it has not been looked at by us."""
    return mail_page()


def mail_page(errors: dict[str, str] | None = None) -> str:
    """The page, with what is wrong in the form of one message, by the message."""
    with database().writing() as session:
        found = [(mail, request_of(session, mail)) for mail in mail_of(session, me(), now())]
        asking = page(session, me(), View.ASKED, now=now()).consults if found else []
        asks = [(row.id, row.number, row.name, row.question) for row in rows_of(session, asking)]
    shown = {
        "found": found,
        "asks": asks,
        "errors": errors or {},
        "given": request.form,
        "chosen": request.form.getlist("files"),
        "kinds": FILE_KINDS,
        "drawings": FILE_DRAWINGS,
        "size_words": size_words,
        "address": settings().mail_in_address,
        "said": SAID.get(request.args.get("said", ""), ""),
    }
    return render_template("clinic/mail.html", **shown)


@clinic_mail.post("/<public_id>/throw-away")
@only(*CLINIC_ROLES)
def throw_away(public_id: str) -> Response:
    """It is from somebody else, or not wanted: nothing of it is kept."""
    with database().reading() as session:
        mail = mail_for(session, me(), public_id, now())
    finish_mail(database(), runtime().blobs, me(), mail, now=now())
    return redirect(url_for(".show_mail", said="thrown_away"), 303)


@clinic_mail.get("/<public_id>/ask")
@only(*CLINIC_ROLES)
def choose_child(public_id: str) -> str | Response:
    """Which child it is about: nothing of the message says so."""
    with database().writing() as session:
        mail = mail_for(session, me(), public_id, now())
        begun = request_of(session, mail)
        if begun is not None:
            return _to_request(begun)
        children = panel.newest(session, me(), now=now(), before=unpack_number(request.args.get("before", "")))
    return _chooser(mail, children)


@clinic_mail.post("/<public_id>/find")
@only(*CLINIC_ROLES)
@only_looks
def find_child(public_id: str) -> str | tuple[str, int]:
    """The clinic's own search, on the way to the child."""
    form = FormReader()
    words = form.text("find", longest=LONGEST_NAME, required=gettext("Write a name or a record number"))
    with database().writing() as session:
        mail = mail_for(session, me(), public_id, now())
        wanted = "" if form.errors else words
        children = panel.find(session, me(), wanted, now=now()) if wanted else panel.newest(session, me(), now=now())
    page = _chooser(mail, children, wanted, form.errors)
    return (page, 422) if form.errors else page


@clinic_mail.get("/<public_id>/find")
@only(*CLINIC_ROLES)
def find_again(public_id: str) -> Response:
    """Where somebody lands who changes the language on a page of findings."""
    with database().reading() as session:
        mail_for(session, me(), public_id, now())
    return redirect(url_for(".choose_child", public_id=public_id))


@clinic_mail.post("/<public_id>/ask")
@only(*CLINIC_ROLES)
def begin(public_id: str) -> Response:
    """Begin the one request of this message. Its page asks for danger signs before it takes a file."""
    with database().writing() as session:
        mail = mail_for(session, me(), public_id, now())
        begun = request_of(session, mail)
        if begun is not None:
            return _to_request(begun)
        child = patient_for(session, me(), request.form.get("child", ""), now=now())
        consult = begin_request(session, mail, me(), child, now=now())
    return _to_request(consult)


def _to_request(consult: Consult) -> Response:
    return redirect(url_for("clinic_request.edit_request", public_id=consult.public_id), 303)


def _chooser(mail: IncomingMail, children: panel.Panel, words: str = "", errors: dict[str, str] | None = None) -> str:
    at = url_for(".show_mail") + f"/{mail.public_id}"
    shown = shown_children(children)
    return render_template("clinic/choose.html", mail=mail, at=at, words=words, errors=errors or {}, **shown)
