"""On the page of a request that was begun with an e-mail: its files wait there, and go in through the usual door."""

from __future__ import annotations

from typing import Any

from flask import request

from econsult.errors import ConsultError
from econsult.incoming.confirming import is_too_long, mail_begun
from econsult.incoming.records import IncomingMail
from uploads.from_mail import finish_mail, hand_over
from web.context import database, now, ring_workers, runtime
from web.shell.auth import me
from web.shell.numbers import number_in
from web.uploading.plain_form import problem_of
from web.uploading.tus import clock, upload_door
from web.words.language import gettext
from web.words.mail import FILE_KINDS, size_words
from web.words.refusals import told_of_files

ADD, LEAVE = "mail_add", "mail_leave"
"""The buttons by which the chosen files go into the request, and by which nothing more of the e-mail does."""
CHOSEN = "mail_files"


def mail_shown(public_id: str) -> dict[str, Any]:
    """What of an e-mail still waits beside this request for the signed-in person, as the page shows it."""
    mail = _waits(public_id)
    text = mail.text if mail is not None and is_too_long(mail) else ""
    return {"mail": mail, "mail_text": text, "file_kinds": FILE_KINDS, "size_words": size_words}


def use_mail(public_id: str, verb: str) -> str:
    """Do what the button says with what waits; returns what is wrong in words, else nothing.

    A request is not sent while files wait beside it: whoever sends it may think that they go with it.
    """
    if verb not in (ADD, LEAVE, "send"):
        return ""
    mail = _waits(public_id)
    if mail is None:
        return ""
    if verb == "send":
        return gettext("Something of the e-mail still waits. Add its files, or leave them out.")
    if verb == LEAVE:
        finish_mail(database(), runtime().blobs, me(), mail, now=now())
        return ""
    return _add(public_id)


def _waits(public_id: str) -> IncomingMail | None:
    with database().reading() as session:
        return mail_begun(session, me(), public_id, now())


def _add(public_id: str) -> str:
    chosen = {number_in(number, -1) for number in request.form.getlist(CHOSEN)}
    if not chosen:
        return told_of_files({"problem": "none_chosen"})
    try:
        hand_over(upload_door(), runtime().blobs, me(), public_id, chosen, clock=clock)
    except ConsultError as refusal:
        return told_of_files({"problem": problem_of(refusal)})
    finally:
        ring_workers()
    return ""
