"""Drawing over a photo what a better one should show, while it is nobody's but the holder's."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import Blueprint, jsonify, redirect, request, url_for
from werkzeug import Response

from econsult.access import consult_for
from econsult.consults.marks import MOST_MARKS, Drawing, read_drawing, told_drawing
from econsult.consults.retakes import save_marks
from econsult.errors import InvalidError
from econsult.people.persons import Role
from econsult.rights import Right
from web.context import database, now
from web.pages.consult import case_page
from web.shell.auth import me, only
from web.shell.desk import rings
from web.shell.numbers import form_number
from web.showing.casefile import open_case
from web.showing.marks import PLACEABLE, SIZES, placed
from web.words.language import gettext
from web.words.marks import PLACES, refusal_words, told_mark
from web.words.times import clock

marks = rings(Blueprint("marks", __name__, url_prefix="/consults/<public_id>/marks"))
LONGEST = 32 * 1024
"""Letters of the largest drawing that is read at all: 600 points are a third of it."""


@marks.post("/<attachment_id>")
@only(Role.SPECIALIST, Role.PCP)
def draw(public_id: str, attachment_id: str) -> Response | tuple[str | Response, int]:
    """Keep a drawing. `verb` says what was pressed: save, add (a mark by words), undo, clear or ask, which leads on.

    A script hears as JSON how it stands; without one the same page comes back.
    """
    is_script = request.accept_mimetypes.best == "application/json"
    with database().writing() as session:
        loaded = consult_for(session, me(), public_id, now=now(), right=Right.ANSWER)
        try:
            drawing = _drawing()
            save_marks(session, loaded.consult, me(), attachment_id, drawing, now=now())
        except InvalidError as error:
            words = refusal_words(error)
            if is_script:
                return jsonify(problem=words), 422
            return case_page(open_case(session, loaded), errors={f"marks-{attachment_id}": words}), 422
        lane = request.form.get("lane", "")
    if is_script:
        return _told(drawing)
    sheet = form_number("sheet", 1)
    if request.form.get("verb") == "ask":
        where = url_for("consult.show", public_id=public_id, lane=lane, sheet=sheet, again=attachment_id)
        return redirect(f"{where}#missing", 303)
    return redirect(url_for("consult.show", public_id=public_id, sheet=sheet, marking=1), 303)


def _drawing() -> Drawing:
    """The drawing of the form after what was pressed. Raises InvalidError."""
    told = {"marks": _parsed(request.form.get("drawing", "[]")), "words": request.form.getlist("words")}
    verb = request.form.get("verb", "save")
    if verb == "clear":
        return Drawing(words=read_drawing({**told, "marks": []}).words)
    drawing = read_drawing(told)
    if verb == "undo":
        return Drawing(drawing.marks[:-1], drawing.words)
    return _with_one_more(drawing) if verb == "add" else drawing


def _with_one_more(drawing: Drawing) -> Drawing:
    shape, place, size = (request.form.get(name, "") for name in ("shape", "place", "size"))
    if shape not in PLACEABLE or place not in PLACES or size not in SIZES:
        raise InvalidError("Choose a shape, a place and a size.", {"marks": "invalid"})
    if len(drawing.marks) >= MOST_MARKS:
        raise InvalidError("These are too many marks.", {"marks": "too_many"})
    return Drawing((*drawing.marks, placed(shape, place, size)), drawing.words)


def _parsed(text: str) -> Any:
    """JSON of a form; numbers that are none, and too much of it, are refused like what is no JSON."""
    try:
        return json.loads(text, parse_constant=_refuse) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        return None  # No list of marks either, which is refused.


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _told(drawing: Drawing) -> Response:
    told = [told_mark(mark) for mark in drawing.marks]
    kept = gettext("Kept %(time)s. Others see it once you have asked for this photo again.", time=clock(now()))
    return jsonify(marks=told_drawing(drawing)["marks"], told=told, saved=kept)
