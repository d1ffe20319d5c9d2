"""A program that is no demo is set up and run with the operator's commands alone."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from econsult.__main__ import main
from econsult.access import patients_for
from econsult.bereavement import mark_death, take_back_death
from econsult.consults.records import Consult
from econsult.errors import SettingError
from econsult.installation import Installation, open_installation
from econsult.notices import Notice, NoticeKind
from econsult.people import factors, madeup
from econsult.people.attempts import sign_in
from econsult.people.mixups import prove
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role, add_person, person_by_email, specialties_of
from econsult.people.signin import open_session, use_link, visitor_by_session
from econsult.people.totp import new_secret
from econsult.settings import load_settings
from econsult.trail import AuditEvent
from tests.personas import grown_youth, open_clinic
from tests.schema import lay_installation

PASSWORD = "a long enough password"
Command = Callable[..., list[str]]
NOW = datetime.now(UTC)


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command that must go well; returns the lines that it prints."""
    monkeypatch.setenv("ECONSULT_DATA", str(tmp_path))
    monkeypatch.setenv("ECONSULT_BASE_URL", "https://clinic.example")

    def run(*words: str, typed: str = "", refused: str = "") -> list[str]:
        before, sys.stdin = sys.stdin, io.StringIO(typed)
        try:
            status = main(list(words))
        finally:
            sys.stdin = before
        said = capsys.readouterr()
        assert (status, said.err) == ((1, refused + "\n") if refused else (0, ""))
        return said.out.splitlines()

    lay_installation(tmp_path)
    run("clinic", "create", "--name", "Taos Clinic", "--phone", "505-555-0110")
    return run


def _open(folder: Path) -> Installation:
    return open_installation(load_settings({"ECONSULT_DATA": str(folder)}))


def _person(installation: Installation, email: str) -> Person:
    with installation.database.reading() as session:
        person = person_by_email(session, installation.database.cipher, email)
    assert person is not None
    return person


def test_staff_and_a_family_can_be_let_in_without_any_demo(say: Command, tmp_path: Path) -> None:
    say("person", "create", "--email", "d@c.test", "--role", "pcp", "--clinic", "Taos Clinic", typed="Dr. Hale\n")
    skin = ("--specialty", "dermatology", "--specialty", "asthma")
    say("person", "create", "--email", "s@c.test", "--role", "specialist", *skin, typed="Dr. Osei\n")
    say("person", "create", "--email", "m@c.test", "--role", "caregiver", "--language", "es", typed="Ana\n")
    (child,) = say("child", "create", "--clinic", "Taos Clinic", "--language", "es", typed="Luz Prueba\n2022-01-15\n")
    assert say("child", "find", typed="luz prueba\n") == [child]
    say("child", "link", "--child", child, "--person", "m@c.test", "--relation", "mother")
    installation = _open(tmp_path)
    with installation.database.writing() as session:
        mother = _person(installation, "m@c.test")
        assert patients_for(session, mother, now=datetime.now(UTC)) == [], "an address may be mistyped here too"
        assert prove(session, mother, "2022-01-15", datetime.now(UTC))
        for email in ("m@c.test", "d@c.test"):
            found = patients_for(session, _person(installation, email), now=datetime.now(UTC))
            assert [patient.public_id for patient in found] == [child]
        assert specialties_of(session, _person(installation, "s@c.test")) == {"dermatology", "asthma"}
    say("child", "unlink", "--child", child, "--person", "m@c.test")
    with installation.database.writing() as session:
        assert list(patients_for(session, _person(installation, "m@c.test"), now=datetime.now(UTC))) == []
    say("child", "link", "--child", child, "--person", "m@c.test", "--relation", "guardian", "--no-authority")
    installation.close()


def test_a_link_stands_alone_on_the_last_line_works_once_and_is_audited(say: Command, tmp_path: Path) -> None:
    say("person", "create", "--email", "m@c.test", "--role", "caregiver", typed="Ana\n")
    address, _, token = say("link", "--person", "m@c.test")[-1].rpartition("/")
    assert address == "https://clinic.example/sign-in/link"
    installation = _open(tmp_path)
    with installation.database.writing() as session:
        at = datetime.now(UTC)
        assert use_link(session, token, at + timedelta(minutes=11)) is None
        person = use_link(session, token, at)
        assert person is not None
        assert use_link(session, token, at) is None
        entry = select(AuditEvent).where(AuditEvent.entity == "sign_in_link", AuditEvent.entity_id == person.public_id)
        assert session.scalars(entry).one().action == "create"
    installation.close()


def test_a_password_is_read_from_stdin_and_ends_what_was_open(say: Command, tmp_path: Path) -> None:
    say("person", "create", "--email", "m@c.test", "--role", "coordinator", typed="Rosa\n")
    installation = _open(tmp_path)
    with installation.database.writing() as session:
        token = open_session(session, _person(installation, "m@c.test"), NOW)
    say("password", "--person", "m@c.test", typed=f"{PASSWORD}\n")
    assert sign_in(installation.database, "m@c.test", PASSWORD, source="", now=datetime.now(UTC)) is not None
    with installation.database.reading() as session:
        assert visitor_by_session(session, token, NOW) is None
    say("password", "--person", "m@c.test", typed="short\n", refused="A password has 15 to 256 characters.")
    installation.close()


def test_the_account_of_a_young_person_who_has_died_is_not_opened_again(say: Command, tmp_path: Path) -> None:
    installation = _open(tmp_path)
    clinic = open_clinic(installation.database, vault=installation.vault, now=NOW)
    with installation.database.writing() as session:
        grown_youth(session, installation.database, clinic, NOW)
        mark_death(session, session.get_one(Patient, clinic.child.id), clinic.pcp, "", now=NOW)
    died = "This young person has died: their clinic takes the mark back where it is a mistake."
    say("person", "reopen", "--person", "youth@clinic.test", refused=died)
    with installation.database.writing() as session:
        take_back_death(session, session.get_one(Patient, clinic.child.id), clinic.pcp, now=NOW)
    installation.close()
    opened = "There is no closed account with this e-mail address."
    say("person", "reopen", "--person", "youth@clinic.test", refused=opened)


def test_a_closed_account_is_out_at_once_and_can_be_opened_again(say: Command, tmp_path: Path) -> None:
    say("person", "create", "--email", "m@c.test", "--role", "director", typed="Paul\n")
    token = say("link", "--person", "m@c.test")[-1].rpartition("/")[2]
    say("person", "close", "--person", "m@c.test")
    assert say("person", "list") == ["director      m@c.test  (closed)"]
    say("link", "--person", "m@c.test", refused="Nobody here has this e-mail address.")
    installation = _open(tmp_path)
    with installation.database.writing() as session:
        assert use_link(session, token, datetime.now(UTC)) is None
    installation.close()
    say("person", "reopen", "--person", "m@c.test")
    assert say("person", "list") == ["director      m@c.test"]
    say("person", "reopen", "--person", "m@c.test", refused="There is no closed account with this e-mail address.")


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (["coordinator", "director"], []),
        (["director"], ["This was the last coordinator: the desk is empty. The director hears"]),
        ([], ["This was the last coordinator: the desk is empty. NOBODY hears"]),
    ],
)
def test_the_last_coordinator_does_not_go_without_a_word(say: Command, others: list[str], said: list[str]) -> None:
    say("person", "create", "--email", "desk@c.test", "--role", "coordinator", typed="Paul\n")
    for role in others:
        say("person", "create", "--email", f"{role}@c.test", "--role", role, typed="Paul\n")
    lines = say("person", "close", "--person", "desk@c.test")
    assert [line.partition(" hears")[0] + " hears" for line in lines] == said


def test_a_lost_second_factor_is_cleared_by_its_own_command(say: Command, tmp_path: Path) -> None:
    say("person", "create", "--email", "m@c.test", "--role", "director", typed="Paul\n")
    clear = ("factor", "clear", "--person", "m@c.test")
    say(*clear, refused="This person has no second factor.")
    installation = _open(tmp_path)
    person = _person(installation, "m@c.test")
    with installation.database.writing() as session:
        factors.set_up(session, person, new_secret(), 0, now=NOW)
        token = open_session(session, person, NOW, has_factor=True)
    say("password", "--person", "m@c.test", typed=f"{PASSWORD}\n")
    with installation.database.reading() as session:
        assert factors.stands(session, person), "a new password is no way round it"
    say(*clear)
    with installation.database.reading() as session:
        assert not factors.stands(session, person)
        assert visitor_by_session(session, token, NOW) is None
        deeds = select(AuditEvent.action).where(
            AuditEvent.entity_id == person.public_id, AuditEvent.person_id.is_(None)
        )
        assert session.scalars(deeds.order_by(AuditEvent.id)).all() == ["create", "edit", "clear_factor"]
        told = session.scalars(select(Notice).where(Notice.person_id == person.id)).all()
        assert [notice.kind for notice in told] == [NoticeKind.SIGN_IN_CHANGED] * 2
    installation.close()


CREATE = ("person", "create", "--email", "x@c.test", "--role")


@pytest.mark.parametrize(
    ("words", "typed", "refused"),
    [
        ((*CREATE, "pcp"), "A\n", "A pcp works at a clinic: name it with --clinic."),
        ((*CREATE, "specialist"), "A\n", "A specialist, and nobody else, has one --specialty or more."),
        ((*CREATE, "caregiver"), "", "A name has 1 to 120 letters."),
        (("person", "create", "--email", "x@", "--role", "director"), "A\n", "This is not an e-mail address."),
        (
            (*CREATE, "pcp", "--clinic", "None"),
            "A\n",
            "There is no clinic of that name: `python -m econsult clinic list` shows them.",
        ),
        (("clinic", "create", "--name", "Taos Clinic"), "", "There is a clinic of that name already."),
        (
            ("child", "create", "--clinic", "Taos Clinic"),
            "Luz\n2150-01-01\n",
            "Please check the child's name, birth date, sex and language.",
        ),
        (("child", "find"), "Nobody\n", "There is no child of this name."),
        (("link", "--person", "nobody@c.test"), "", "Nobody here has this e-mail address."),
        (
            ("link", "--person", "nobody@c.test", "--minutes", "1441"),
            "",
            "A link works between 1 and 1,440 minutes.",
        ),
        (("password", "--person", "nobody@c.test"), "", "Nobody here has this e-mail address."),
    ],
    ids=range(11),
)
def test_what_cannot_be_is_refused_in_one_sentence(
    say: Command, words: tuple[str, ...], typed: str, refused: str
) -> None:
    say(*words, typed=typed, refused=refused)


def test_only_caregivers_are_linked_to_a_child(say: Command) -> None:
    say("person", "create", "--email", "m@c.test", "--role", "director", typed="Paul\n")
    link = ("child", "link", "--child", "0" * 32, "--relation", "mother", "--person", "m@c.test")
    say(*link, refused="Only a caregiver's account can be linked to a child.")


def test_each_act_leaves_an_audit_row_and_no_name(say: Command, tmp_path: Path) -> None:
    say("child", "create", "--clinic", "Taos Clinic", typed="Luz Prueba\n2022-01-15\n")
    say("child", "find", typed="Luz Prueba\n")
    installation = _open(tmp_path)
    with installation.database.reading() as session:
        rows = session.scalars(select(AuditEvent)).all()
        child = session.scalars(select(Patient)).one()
    assert [(row.action, row.entity) for row in rows] == [
        ("create", "organization"),
        ("create", "patient"),
        ("read", "patient"),
    ]
    assert rows[2].patient_id == child.id
    installation.close()


def test_the_demo_s_people_are_refused_where_there_is_no_demo(say: Command, tmp_path: Path) -> None:
    installation = _open(tmp_path)
    madeup.refuse_made_up(installation.database)
    with installation.database.writing() as session:
        program = installation.vault.ensure_program(session, "Mesa", NOW)
        add_person(
            session,
            installation.database.cipher,
            program,
            email=madeup.FIRST,
            name="Ana",
            role=Role.CAREGIVER,
            now=NOW,
        )
    with pytest.raises(SettingError, match="--demo"):
        madeup.refuse_made_up(installation.database)
    installation.close()


def test_a_closed_account_leaves_what_waits_to_the_desk(say: Command, tmp_path: Path) -> None:
    """The last one of a pool goes: what waits is nobody's, and the desk reads that within the same command."""
    installation = _open(tmp_path)
    database = installation.database
    clinic = open_clinic(database, vault=installation.vault)
    with database.writing() as session:
        number = clinic.econsult(session).id
    for verb, name, is_nobodys in (("close", "derm", False), ("close", "derm2", True), ("reopen", "derm", False)):
        say("person", verb, "--person", f"{name}@clinic.test")
        with database.reading() as session:
            assert (name, session.get_one(Consult, number).is_unallocated) == (name, is_nobodys)


def test_a_new_specialist_is_offered_what_nobody_could_take(say: Command, tmp_path: Path) -> None:
    installation = _open(tmp_path)
    clinic = open_clinic(installation.database, vault=installation.vault)
    with installation.database.writing() as session:
        consult = clinic.econsult(session, specialty="genetics")
        assert consult.is_unallocated
    new = ("person", "create", "--email", "gen@clinic.test", "--role", "specialist", "--specialty", "genetics")
    say(*new, typed="Gen\n")
    person = _person(installation, "gen@clinic.test")
    with installation.database.reading() as session:
        assert not session.get_one(Consult, consult.id).is_unallocated
        heard = select(Notice.kind).where(Notice.person_id == person.id, Notice.consult_id == consult.id)
        assert list(session.scalars(heard)) == [NoticeKind.NEW_REQUEST]
    installation.close()


SEVERAL = "There are several programs: say which, with --program NAME before the command."
NO_CLINIC = "There is no clinic of that name: `python -m econsult clinic list` shows them."
NO_PROGRAM = "There is no program of that name: `python -m econsult program list` shows them."


def test_a_second_program_has_its_own_people_and_clinics(say: Command, tmp_path: Path) -> None:
    """A name of the first program is free in the second, and its clinic is not found from there."""
    say("program", "create", "--name", "North")
    first, *others = say("program", "list")
    assert others == ["North"]
    say("clinic", "create", "--name", "Raton Clinic", refused=SEVERAL)
    say("person", "create", "--email", "x@clinic.test", "--role", "director", typed="Xavier\n", refused=SEVERAL)
    north, pcp = ("--program", "North"), ("person", "create", "--email", "pcp@north.test", "--role", "pcp")
    say(*north, *pcp, "--clinic", "Taos Clinic", typed="Pat\n", refused=NO_CLINIC)
    say(*north, "clinic", "create", "--name", "Taos Clinic")
    say(*north, *pcp, "--clinic", "Taos Clinic", typed="Pat\n")
    say(*north, "clinic", "create", "--name", "Taos Clinic", refused="There is a clinic of that name already.")
    typed = "Luz Prueba\n2022-01-15\n"
    (child,) = say("--program", first, "child", "create", "--clinic", "Taos Clinic", typed=typed)
    say(*north, "person", "create", "--email", "mother@north.test", "--role", "caregiver", typed="Maria\n")
    link = ("child", "link", "--child", child, "--person", "mother@north.test", "--relation", "mother")
    say(*link, refused="This child is of another program than this account.")
    # Lists tell of the program that is named, and of all of them where none is.
    assert say(*north, "clinic", "list") == ["Taos Clinic"]
    assert "Taos Clinic" in say("clinic", "list")
    assert len(say("clinic", "list")) > 1
    assert [line.split()[-1] for line in say(*north, "person", "list")] == ["pcp@north.test", "mother@north.test"]
    say(*north, "child", "find", typed="Luz Prueba\n", refused="There is no child of this name.")
    assert say("--program", first, "child", "find", typed="luz prueba\n") == [child]
    say("--program", "South", "clinic", "list", refused=NO_PROGRAM)
    installation = _open(tmp_path)
    person = _person(installation, "pcp@north.test")
    with installation.database.writing() as session:
        assert patients_for(session, person, now=NOW) == []
    installation.close()


def test_a_program_is_named_once_and_truly(say: Command) -> None:
    say("program", "create", "--name", "North")
    say("program", "create", "--name", "North", refused="There is a program of that name already.")
    say("program", "create", "--name", " ", refused="A program has a name of 1 to 120 letters.")
    say("--program", "South", "ages", refused=NO_PROGRAM)


def test_an_address_of_several_programs_is_told_apart_by_the_program(say: Command, tmp_path: Path) -> None:
    say("program", "create", "--name", "North")
    first = say("program", "list")[0]
    name = first.split("  ")[0].strip()
    for program in (name, "North"):
        say("--program", program, "person", "create", "--email", "m@c.test", "--role", "caregiver", typed="Rosa Gil\n")
    which = "This address is used in several programs: say which, with --program NAME before the command."
    say("person", "close", "--person", "m@c.test", refused=which)
    say("--program", "North", "person", "close", "--person", "m@c.test")
    assert any(line.endswith("(closed)") for line in say("--program", "North", "person", "list"))
    assert not any(line.endswith("(closed)") for line in say("--program", name, "person", "list"))
    closed = "There is no closed account with this e-mail address."
    say("--program", name, "person", "reopen", "--person", "m@c.test", refused=closed)
    say("person", "reopen", "--person", "m@c.test")
    assert not any(line.endswith("(closed)") for line in say("person", "list"))
