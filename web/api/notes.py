"""Routes of what is taken along of an answer."""

from __future__ import annotations

from werkzeug import Response

from web.api.routing import route
from web.showing.note_files import PDF, send_pdf, send_text

CHOICES = ("edition", "version", "lang")


@route("GET", "/consults/<consult_id>/note.pdf", answer=PDF, query=CHOICES)
def show_note(consult_id: str) -> Response:
    """The signed answer as a tagged PDF: `edition` is clinician or family, `version` another than the newest."""
    return send_pdf(consult_id)


@route("GET", "/consults/<consult_id>/note.txt", answer="text/plain", query=CHOICES)
def show_note_text(consult_id: str) -> Response:
    """The same as plain text, for a chart."""
    return send_text(consult_id)
