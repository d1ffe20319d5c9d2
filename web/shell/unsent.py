"""Carries what was written in a form whose session had ended over the sign-in, also without scripts."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import request
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from econsult.consults.redflags import ANSWER_HOLDS
from econsult.people.persons import Person
from econsult.people.unsent import LIVES, Form, ended_of, keep_unsent, unsent_of
from web.context import database, now
from web.cookies import read_cookie, set_cookie
from web.shell.kept import FORMS

COOKIE, PAGE = "econsult_unsent", "/account/unsent"
ITS_OWN = frozenset(("csrf_token", "once", "asked"))
"""Fields that belong to the old page."""
SECRETS, SECRET_PREFIX = frozenset(("password", "old", "new", "new_again", "code", "passkey")), "factor_"
"""Fields of secrets, which are typed again: these, and whatever begins so."""
NOT_WRITTEN = frozenset(("seen", "saves", "shown", "kept", "verb", "lane", "next", "version", "confirmed"))

CODE = re.compile(r"[a-z0-9_.:-]{1,40}|[0-9-]{10}T[0-9:.]{5,15}")
"""What the value of a choice, or a moment, looks like, which says nothing to a reader. A word typed so is kept all the
same."""
IN_WORDS = re.compile(
    r"(\w+_)?reason(_es)?|text|second_(text|reply)|question|story|note|\w+_words|why-.+"
    r"|thinks|tried|told_who|background|why_safe|examined_by|(bar-)?paper(-.+)?|safe_way|states|order"
    r"|rec_text(_es)?|impression|(family_summary|watch_for)(_es)?|references|spanish_by"
)
"""Fields for words, in which one small word is no code. Not `words` and `place`: choices have these names as well."""
NO_SIGNS = "no_signs"
"""The tick that no danger sign is there, on every form of staff that asks."""


def keep_words(response: Response, session_token: str, *, keeps: bool) -> Person | None:
    """Keep the words of the form that this request brings, if its session is one that ended; returns whose it was.

    `keeps` is false for a form whose words must not wait.
    """
    if not session_token:
        return None
    with database().reading() as session:
        ended = ended_of(session, session_token, now())
    person = ended.person if ended is not None else None
    form = _form() if person is not None and keeps else None
    if person is not None and form is not None:
        with database().writing() as session:
            token = keep_unsent(session, person, form, now())
        if token is not None:
            set_cookie(response, COOKIE, token, max_age=int(LIVES.total_seconds()))
    return person


def kept_for(person: Person) -> Form | None:
    """What this browser brought that was not sent."""
    token = read_cookie(COOKIE)
    if not token:
        return None
    with database().reading() as session:
        form = unsent_of(session, token, person, now())
    if form is not None and is_too_old(form):
        return replace(form, fields=[(name, value) for name, value in form.fields if name != NO_SIGNS])
    return form


def is_too_old(form: Form) -> bool:
    """Whether nobody may say any more that no danger sign is there, because it was said so long ago."""
    return form.at is not None and now() - form.at >= ANSWER_HOLDS


def is_kept(name: str) -> bool:
    """Whether what stands in a field of this name may rest on the server and be shown again."""
    return name not in ITS_OWN | SECRETS and not name.startswith(SECRET_PREFIX)


def is_written(name: str, value: str) -> bool:
    """Whether somebody wrote or chose this, as far as one can tell."""
    return bool(value.strip()) and name not in NOT_WRITTEN


def is_words(name: str, value: str) -> bool:
    """Whether this says something to a reader: no code of a choice, and nothing that must not be shown again."""
    is_code = not IN_WORDS.fullmatch(name) and CODE.fullmatch(value.strip())
    return is_kept(name) and is_written(name, value) and not is_code


def _form() -> Form | None:
    if request.method != "POST" or request.mimetype not in FORMS:
        return None
    try:
        pairs = [(name, value) for name, value in request.form.items(multi=True) if is_kept(name)]
        has_files = any(file.filename for file in request.files.values())
    except (HTTPException, OSError):
        # It is too long, or broke off.
        return None
    if not any(is_written(name, value) for name, value in pairs):
        return None
    return Form(request.full_path.rstrip("?"), pairs, has_files)
