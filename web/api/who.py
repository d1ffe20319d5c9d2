"""People as programs read them."""

from __future__ import annotations

from typing import Any

from econsult.people.persons import Person, Role
from web.shell.auth import me


def person_json(person: Person) -> dict[str, Any]:
    """Somebody who works on a consult. Families learn a name and a role, colleagues also the id.

    A specialist, who must not learn whose child it is, reads no caregiver's name either.
    """
    if me().role == Role.SPECIALIST and not person.is_staff:
        return {"name": "Family", "role": person.role, "is_me": False}
    named = {"name": person.name, "role": person.role, "is_me": person.id == me().id}
    return {"id": person.public_id, **named} if me().is_staff else named
