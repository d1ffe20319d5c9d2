"""Taking an answer along: the note as a PDF or as text, for staff and for families."""

from __future__ import annotations

from flask import Blueprint
from werkzeug import Response

from econsult.people.persons import HOUSEHOLD, Role
from web.shell.auth import only
from web.showing.note_files import send_letter, send_pdf, send_text

notes = Blueprint("notes", __name__, url_prefix="/consults/<public_id>")
family_notes = Blueprint("family_notes", __name__, url_prefix="/family/questions/<public_id>/answer")
READERS = (Role.PCP, Role.SPECIALIST, Role.COORDINATOR)
WRITERS = (Role.PCP, Role.TELEPRESENTER, Role.COORDINATOR)
"""Who may send a family a letter: whoever knows it by name and works with it."""


@notes.get("/note.pdf")
@only(*READERS)
def paper(public_id: str) -> Response:
    """The signed answer as a PDF; `edition` and `version` choose another than the newest for clinicians."""
    return send_pdf(public_id)


@notes.get("/note.txt")
@only(*READERS)
def text(public_id: str) -> Response:
    """The same as text, for a chart."""
    return send_text(public_id)


@notes.get("/letter.pdf")
@only(*WRITERS)
def letter(public_id: str) -> Response:
    """A letter for a family that no number reaches: that there is something to read, and nothing of it."""
    return send_letter(public_id)


@family_notes.get("/note.pdf")
@only(*HOUSEHOLD)
def family_paper(public_id: str) -> Response:
    """What the family keeps: the released answer in its language."""
    return send_pdf(public_id)


@family_notes.get("/note.txt")
@only(*HOUSEHOLD)
def family_text(public_id: str) -> Response:
    """The same as text."""
    return send_text(public_id)
