"""The demo's front door: four people to be, one press each. These routes exist only while the program is a demo."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug import Response

from econsult.errors import NotFoundError
from econsult.people.persons import person_by_email
from econsult.people.standing import AddressProof, credential_of
from web.context import database, signed_in
from web.shell.auth import home_of
from web.shell.entering import welcome

demo = Blueprint("demo", __name__)

PERSONAS = {
    "parent": "parent@demo.test",
    "pcp": "pcp@demo.test",
    "specialist": "derm@demo.test",
    "coordinator": "coordinator@demo.test",
}


def landing() -> str:
    """The page that says what this is and lets a visitor choose whom to be."""
    person = signed_in()
    return render_template("demo/landing.html", home=home_of(person) if person else "")


@demo.post("/demo/sign-in")
def become() -> Response:
    """Sign in as one of the four made-up people."""
    email = PERSONAS.get(request.form.get("persona", ""))
    with database().reading() as session:
        person = person_by_email(session, database().cipher, email) if email else None
        if person is None:
            raise NotFoundError
        credential = credential_of(person)
    return welcome(person, home_of(person), credential, proof=AddressProof.PASSWORD)
