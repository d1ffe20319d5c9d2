"""The plain door, for browsers without JavaScript: a form with files, through the same steps as the resumable one.

The form is read as a stream, so its order matters: the proof, the consult and the place to return to come before the
first file.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, jsonify, make_response, redirect
from werkzeug import Response

from econsult.people.persons import Role
from web.shell.auth import only
from web.shell.forms import is_bearer, reads_own_form
from web.uploading.plain_form import PlainForm, open_files
from web.words.language import safe_path

simple_upload = Blueprint("simple_upload", __name__)


@simple_upload.post("/uploads/simple")
@reads_own_form
@only(*Role)
def receive() -> Response:
    """Take every file of the form. A browser is sent back to `next`; a program gets the attachments as JSON."""
    form = open_files()
    form.take_files(form.fields.get("consult_id", ""))
    return _for_program(form) if is_bearer() else _for_browser(form)


def _for_program(form: PlainForm) -> Response:
    if form.refusals and not form.attachments:
        raise form.refusals[0]
    items = [{"id": attachment.public_id, "state": attachment.state} for attachment in form.attachments]
    refused = [{"code": refusal.code, "detail": str(refusal)} for refusal in form.refusals]
    return make_response(jsonify(items=items, refused=refused), 201)


def _for_browser(form: PlainForm) -> Response:
    place = urlsplit(safe_path(form.fields.get("next", "/")))
    query = "&".join(filter(None, (place.query, urlencode(form.told()))))
    return redirect(place._replace(query=query).geturl(), code=303)
