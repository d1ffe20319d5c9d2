"""Ready sentences: one's own, or, for the director, the program's; the others stand beside them to be read."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from econsult.advice import own_snippets
from econsult.advice.own_snippets import KEEPERS, SnippetForm
from econsult.advice.snippets import FIELDS, LONGEST, snippets_for
from econsult.errors import InvalidError
from econsult.people.persons import SPECIALTIES, Role, specialties_of
from web.context import database, now
from web.shell.auth import me, only
from web.shell.forms import FormReader
from web.words import terms
from web.words.language import gettext
from web.words.snippets import SNIPPET_FIELDS, grade_words

sentences_page = Blueprint("sentences", __name__, url_prefix="/sentences")
Page = Response | tuple[str, int] | str
LONGEST_NAME = 24


@sentences_page.get("")
@only(*KEEPERS)
def show() -> Page:
    """What one keeps, with the form of each, and what else can be brought."""
    return _page({})


@sentences_page.post("")
@only(*KEEPERS)
def keep() -> Page:
    """Add a sentence, or change the one that the form names."""
    form, public_id = FormReader(), request.form.get("id", "")
    given = SnippetForm(
        name=form.text("name", longest=LONGEST_NAME).lower().removeprefix("/"),
        field=form.choice("field", FIELDS),
        text=form.text("text", longest=LONGEST),
        specialty=form.choice("specialty", SPECIALTIES),
    )
    try:
        if not form.errors:
            with database().writing() as session:
                own_snippets.keep(session, me(), given, now=now(), public_id=public_id)
            return redirect(url_for(".show", said="saved"), 303)
    except InvalidError as error:
        form.errors.update({name: _sentence(name, code) for name, code in error.fields.items()})
    return _page(form.errors), 422


@sentences_page.post("/<snippet_id>/remove")
@only(*KEEPERS)
def remove(snippet_id: str) -> Page:
    """Keep it no more."""
    with database().writing() as session:
        own_snippets.remove(session, me(), snippet_id, now=now())
    return redirect(url_for(".show", said="sentence_gone"), 303)


def _page(errors: Mapping[str, str]) -> str:
    is_program = me().role == Role.DIRECTOR
    with database().reading() as session:
        kept = own_snippets.kept_by(session, me())
        shared = [] if is_program else own_snippets.of_program(session, me().program_id)
        answers_for = sorted(specialties_of(session, me()))
    house = {code: snippets_for(code) for code in answers_for or SPECIALTIES}
    return render_template(
        "staff/sentences.html",
        kept=kept,
        shared=shared,
        house=house,
        common=snippets_for(None),
        is_program=is_program,
        errors=errors,
        summary={f"{name}{request.form.get('id', '')}": words for name, words in errors.items()},
        wrong_id=request.form.get("id", "") if errors else None,
        given=request.form,
        fields=SNIPPET_FIELDS,
        grade=grade_words,
        terms=terms,
        usual=answers_for[0] if len(answers_for) == 1 else "",
        longest=LONGEST,
        longest_name=LONGEST_NAME,
    )


def _sentence(name: str, code: str) -> str:
    """What is wrong with a part, in words."""
    known = {
        ("name", "taken"): gettext("You have another sentence with this name"),
        ("name", "too_many"): gettext("There is no room for more; remove one first"),
        ("text", "required"): gettext("Write the sentence"),
        ("text", "open_place"): gettext("Close each ⟨ with ⟩, and say between them what belongs there"),
        ("text", "name"): gettext("The name of a child stands in it. Leave it out: it is for every child"),
        ("text", "birth_date"): gettext("A date stands in it. Write ⟨date⟩ instead: it is for every child"),
        ("text", "number"): gettext("A telephone or record number stands in it. Leave it out: it is for every child"),
        ("text", "email"): gettext("An e-mail address stands in it. Leave it out: it is for every child"),
    }
    usual = {
        "name": gettext("Write 2 to 24 small letters, digits and dashes, a letter first"),
        "field": gettext("Say for which part of the answer it is"),
    }
    return known.get((name, code)) or usual.get(name) or gettext("Check this part")
