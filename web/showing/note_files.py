"""The note as a file: made for whoever may have it, and sent under headers that keep it from other eyes."""

from __future__ import annotations

from contextlib import nullcontext

from flask import request
from werkzeug import Response

from econsult.access import consult_for
from econsult.errors import InvalidError
from econsult.note import Edition, note_for
from econsult.rights import Right
from econsult.unreadable import LeftOut, leaving_out
from imaging import Leaflet, as_text, typeset
from web.context import database, now
from web.shell.auth import me
from web.shell.numbers import number_in
from web.showing.letter import letter_of
from web.showing.media import SANDBOX
from web.showing.note import leaflet_of
from web.words.language import speaking

PDF, TEXT = "application/pdf", "text/plain; charset=utf-8"
NONE = -1
"""The version of no answer."""


def send_pdf(public_id: str) -> Response:
    """The note as a tagged PDF, in the edition and version that the address asks for."""
    leaflet, name = _made(public_id, "pdf")
    return headed(Response(typeset(leaflet), content_type=PDF), name)


def send_text(public_id: str) -> Response:
    """The same as plain lines, to be pasted into a chart."""
    leaflet, name = _made(public_id, "txt")
    return headed(Response(as_text(leaflet), content_type=TEXT), name)


def send_letter(public_id: str) -> Response:
    """The letter that tells a family that there is something to read; its name says the request's number alone."""
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.SEE_IDENTITY)
        leaflet, number = letter_of(session, me(), loaded, now()), loaded.consult.number
    return headed(Response(typeset(leaflet), content_type=PDF), f"econsult-{number}-letter.pdf")


def _made(public_id: str, suffix: str) -> tuple[Leaflet, str]:
    """The leaflet and its file's name. That it was taken is committed before the first byte of it is made."""
    version = number_in(request.args["version"], NONE) if request.args.get("version") else None
    # Without a signer's name it is no note, nor one that the trail says was taken.
    with leaving_out(LeftOut()), database().writing() as session:
        note = note_for(session, me(), public_id, now=now(), edition=_edition(), version=version, how=suffix)
        # A family reads its own language, whoever prints the paper for it.
        is_family = note.edition == Edition.FAMILY
        with speaking(note.passed.patient.language) if is_family else nullcontext():
            leaflet = leaflet_of(session, note)
        number, edition = note.passed.consult.number, "-family" if is_family else ""
        return leaflet, f"econsult-{number}-version-{note.answer.version}{edition}.{suffix}"


def _edition() -> Edition | None:
    asked = request.args.get("edition", "")
    if asked and asked not in set(Edition):
        raise InvalidError("There is no such edition: " + ", ".join(Edition) + ".", {"edition": "unknown_value"})
    return Edition(asked) if asked else None


def headed(response: Response, name: str) -> Response:
    """The file under its name, which nothing but a download opens."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
