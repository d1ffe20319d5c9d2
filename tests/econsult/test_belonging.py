"""The database itself keeps programs apart: no row points to another program's, whatever code writes it."""

from __future__ import annotations

import pytest
from sqlalchemy import ForeignKeyConstraint, Table, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from econsult.consults import second, threads
from econsult.consults.by_code import ReadingCode
from econsult.consults.glass import BrokenGlass
from econsult.consults.handover import Handover, hand_over
from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from econsult.consults.sides import SideQuestion
from econsult.consults.threads import Audience
from econsult.database import Base, Database
from econsult.erasure.asking import Wish, ask_erasure
from econsult.erasure.records import Basis
from econsult.people import caregivers
from econsult.people.caregivers import GrantForm, ProxyGrant, grant_proxy
from econsult.people.invitations import invite
from econsult.people.patients import Patient, RelatedPerson
from econsult.queue.invariants import violations
from econsult.rosters.limits import Conflict
from econsult.rosters.qualifying import bar
from econsult.tables import METADATA
from tests.personas import NOON, Clinic, open_clinic

OWNED = {"organization", "person", "patient", "consult"}
"""Tables whose rows belong to a program, and to which others point."""
FREE = {"audit_event": "added to at each read, never changed, and chained by program: a key more would cost each look"}
"""Tables that carry a program and may point as they like, and why."""


MAY: dict[type[Base], tuple[str, ...]] = {
    RelatedPerson: ("patient_id", "person_id"),
    ProxyGrant: ("patient_id", "person_id", "recorded_by_id", "ended_by_id"),
    Conflict: ("person_id", "patient_id"),
    SideQuestion: ("consult_id", "asked_by_id", "wanted_id", "holder_id"),
    BrokenGlass: ("consult_id", "person_id", "reviewed_by_id"),
    Handover: ("consult_id", "from_id", "to_id", "by_id"),
    ReadingCode: ("consult_id", "person_id", "patient_id"),
    Upload: ("owner_id", "consult_id"),
}
"""The rows that let somebody do something, and what they point to."""


def _who_may(session: Session, clinic: Clinic) -> None:
    """One row of each: as the product writes it, or, where that takes a whole story, written here."""
    consult = clinic.claimed(session)
    second.ask_second(session, consult, clinic.derm, "Is it a seizure?", specialty="neurology", now=NOON)
    form = GrantForm(caregivers.Basis.YOUTH, "Folder 3", NOON)
    grant_proxy(session, clinic.child, clinic.mother, form, clinic.coordinator, now=NOON)
    bar(session, clinic.admin, clinic.derm2.public_id, session.get_one(Patient, clinic.other_child.id), now=NOON)
    hand_over(session, consult, "take_over", clinic.derm2.id, by_id=clinic.derm2.id, now=NOON)
    here = {"program_id": clinic.program.id, "consult_id": consult.id}
    session.add(BrokenGlass(**here, person_id=clinic.derm.id, reason="so", opened_at=NOON, ends_at=NOON))
    words = {"browser_hash": "", "source": "", "way": "sms", "nonce": "", "code_hash": "", "created_at": NOON}
    session.add(ReadingCode(**here, patient_id=clinic.child.id, person_id=clinic.mother.id, **words))
    size = {"kind": "photo", "reserved": 1, "key_wrapped": b"", "created_at": NOON, "expires_at": NOON}
    session.add(Upload(**here, owner_id=clinic.mother.id, **size))
    session.flush()
    for model in MAY:
        assert None not in session.scalars(select(model.__table__.c.program_id)).all(), model


def _keys(table: Table) -> set[tuple[tuple[str, ...], str]]:
    """The columns of each foreign key, and the table that it points to."""
    keys = (key for key in table.constraints if isinstance(key, ForeignKeyConstraint))
    return {(tuple(key.column_keys), key.referred_table.name) for key in keys}


def test_every_key_into_a_program_carries_the_program() -> None:
    """A new table with `program_id`: write `in_program(...)` into its arguments, and into its migration."""
    missing = []
    for table in METADATA.sorted_tables:
        for columns, parent in _keys(table) if "program_id" in table.c and table.name not in FREE else ():
            if len(columns) == 1 and parent in OWNED and (("program_id", *columns), parent) not in _keys(table):
                missing.append(f"{table.name}.{columns[0]}")
    assert missing == []


def test_every_row_of_a_child_and_a_consult_is_about_one_child() -> None:
    """A new table with `patient_id` and `consult_id`: write `about_child(...)` into its arguments."""
    both = [table for table in METADATA.sorted_tables if {"patient_id", "consult_id"} <= set(table.c.keys())]
    assert [
        table.name
        for table in both
        if table.name not in FREE and (("patient_id", "consult_id"), "consult") not in _keys(table)
    ] == []


def test_the_database_refuses_each_of_them(database: Database, clinic: Clinic) -> None:
    """One row of everything in one program, and every key of it turned to the other program's row."""
    second = open_clinic(database, vault=clinic.vault, mark="second-")
    with database.writing() as session:
        said = threads.post(session, clinic.answered(session), clinic.pcp, Audience.CLINICIANS, text="Yes.", now=NOON)
        assert said.program_id == clinic.program.id
        theirs = second.econsult(session)
        invite(session, clinic.pcp, clinic.child, "es", secret_key="x" * 40, now=NOON)
        wish = Wish(Basis.ORDER, "The family court ordered it in case 12-345.")
        ask_erasure(session, clinic.other_child, None, wish, now=NOON)
        _who_may(session, clinic)
        others = {
            "organization": second.home.id,
            "person": second.pcp.id,
            "patient": second.child.id,
            "consult": theirs.id,
        }
    tried = set()
    for table in METADATA.sorted_tables:
        for columns, parent in _keys(table):
            if len(columns) != 2:
                continue
            own = table.c.program_id == clinic.program.id if columns[0] == "program_id" else table.c.id == 1
            with database.engine.connect() as connection:
                number = connection.execute(select(table.c.id).where(own).limit(1)).scalar()
                if number is None:
                    continue
                turned = update(table).where(table.c.id == number).values({columns[1]: others[parent]})
                with pytest.raises(IntegrityError):
                    connection.execute(turned)
                tried.add(f"{table.name}.{columns[1]}")
    assert tried >= {
        "consult.patient_id",
        "consult.organization_id",
        "consult.requester_id",
        "consult.sent_on_by_id",
        "consult.holder_id",
        "patient.organization_id",
        "patient.registered_by_id",
        "person.organization_id",
        "invitation.patient_id",
        "invitation.created_by_id",
        "invitation.person_id",
        "invitation.revoked_by_id",
        "erasure.patient_id",
        "erasure.asked_by_id",
        "consent.consult_id",
        "message.consult_id",
        "message.author_id",
        "answer.consult_id",
        "answer.author_id",
        *(f"{model.__tablename__}.{name}" for model, names in MAY.items() for name in names),
    }
    with database.reading() as session:
        assert list(violations(session, NOON)) == []


def test_a_consult_about_a_child_of_another_program_cannot_be_written(database: Database, clinic: Clinic) -> None:
    second = open_clinic(database, vault=clinic.vault, mark="second-")
    with database.writing() as session:
        consult = clinic.econsult(session)
    row = METADATA.tables["consult"]
    with database.engine.connect() as connection:
        values = dict(connection.execute(select(row).where(row.c.id == consult.id)).mappings().one())
    values |= {"id": 1000, "public_id": "0" * 32, "patient_id": second.child.id}
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(insert(row).values(values))
    with database.reading() as session:
        assert session.get(Consult, 1000) is None


def test_a_schema_change_leaves_the_keys_of_sqlite_on_and_finds_what_points_to_nothing(database: Database) -> None:
    if database.engine.dialect.name != "sqlite":
        return
    database.migrate("-1")
    with database.reading() as session:
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
    connection = database.engine.raw_connection()
    driver = connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=off")
    driver.execute("INSERT INTO api_token (person_id, token_hash, created_at, expires_at) VALUES (99, 'x', '', '')")
    driver.execute("PRAGMA foreign_keys=on")
    connection.close()
    with pytest.raises(ValueError, match="A row of api_token points to no row of person"):
        database.migrate()
    with database.writing() as session:
        session.execute(text("DELETE FROM api_token"))
    database.migrate()
    with database.reading() as session:
        assert session.scalars(select(Patient)).all() == []
