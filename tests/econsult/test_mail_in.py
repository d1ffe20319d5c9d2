"""What comes by e-mail waits for the person whose address it bears, and is nothing to anybody before they say so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import func, select, text

from econsult.consults import requests
from econsult.consults.records import Consult
from econsult.database import Database
from econsult.erasure.places import empty
from econsult.errors import NotFoundError
from econsult.incoming.confirming import (
    LONGEST_THINKS,
    begin_request,
    count_mail,
    mail_begun,
    mail_for,
    mail_of,
    take_out,
    throw_away,
)
from econsult.incoming.parsing import CorruptMailError
from econsult.incoming.records import KNOWN, MOST_WAITING, WAITS, IncomingMail, MailState
from econsult.incoming.storing import open_part
from econsult.incoming.sweeping import sweep_mail
from econsult.incoming.taking import ARRIVES, BusyMailError, Intake, RefusedMailError, take_mail
from econsult.notices import Notice, NoticeKind
from econsult.people.persons import Person, Role, add_person
from econsult.people.signin import close_account
from econsult.trail import AuditEvent
from storage.blobs import StoreUnavailable
from storage.filestore import FileStore
from tests.econsult.letters import PHOTO, WORDS, letter
from tests.personas import NOON, Clinic, open_clinic

LATER = NOON + timedelta(hours=2)


class Away(FileStore):
    """A store on a disk that has gone after so many files."""

    left = 0

    def put(self, key: str, source: BinaryIO, size: int) -> None:
        if not self.left:
            raise StoreUnavailable("away")
        self.left -= 1
        super().put(key, source, size)


@pytest.fixture
def blobs(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "blobs")


@pytest.fixture
def intake(database: Database, blobs: FileStore) -> Intake:
    return Intake(database, blobs)


def rows(database: Database) -> list[IncomingMail]:
    with database.reading() as session:
        return list(session.scalars(select(IncomingMail).order_by(IncomingMail.id)))


def acts(database: Database) -> list[tuple[str, int | None]]:
    """What the trail has of messages: the act, and of whom."""
    with database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.entity == "incoming_mail").order_by(AuditEvent.id)
        return [(each.action, each.person_id) for each in session.scalars(query)]


def came(intake: Intake, raw: bytes | None = None, at: datetime = NOON) -> IncomingMail:
    """Take a message and find its row."""
    take_mail(intake, raw or letter(), now=at)
    return rows(intake.database)[-1]


def test_it_waits_sealed_for_its_person_alone(clinic: Clinic, intake: Intake, blobs: FileStore, tmp_path: Path) -> None:
    mail = came(intake)
    assert (mail.person_id, mail.state, mail.until - mail.received_at) == (clinic.pcp.id, "waiting", WAITS)
    with intake.database.reading() as session:
        assert WORDS in mail.text
        assert "ZQ7PHI" not in str(session.execute(text("SELECT * FROM incoming_mail")).all())
        for other in (clinic.other_pcp, clinic.nurse, clinic.coordinator, clinic.mother):
            assert count_mail(session, other, LATER) == 0
            with pytest.raises(NotFoundError):
                mail_for(session, other, mail.public_id, LATER)
        assert count_mail(session, clinic.pcp, LATER) == 1
    with open_part(blobs, mail, 0) as source:
        assert source.read() == PHOTO
    stored = [path for path in tmp_path.rglob("*") if path.is_file() and b"ZQ7PHI" in path.read_bytes()]
    assert stored == []


def test_nothing_begins_or_runs_and_the_person_is_told_once_an_hour_without_a_word_of_it(
    clinic: Clinic, intake: Intake
) -> None:
    for number in range(3):
        came(intake, letter(name=f"{number}@x"))
    came(intake, letter(name="later@x"), LATER)
    with intake.database.reading() as session:
        assert session.scalar(select(func.count(Consult.id))) == 0
        told = list(session.scalars(select(Notice).where(Notice.kind == NoticeKind.MAIL_CAME)))
        assert [(each.person_id, each.consult_id) for each in told] == [(clinic.pcp.id, None)] * 2
    assert acts(intake.database) == [("mail_taken", None)] * 4


@pytest.mark.parametrize(
    "sender",
    [*(f"{name}@clinic.test" for name in ("nobody", "mother", "derm", "coordinator", "admin")), ""],
)
def test_of_anybody_else_nothing_is_kept(clinic: Clinic, intake: Intake, blobs: FileStore, sender: str) -> None:
    assert clinic.pcp.email == "pcp@clinic.test"
    with pytest.raises(RefusedMailError):
        take_mail(intake, letter(sender or "pcp@clinic.test, nurse@clinic.test"), now=NOON)
    assert (rows(intake.database), list(blobs.list()), acts(intake.database)) == ([], [], [])


def test_neither_is_it_of_an_account_that_is_closed(clinic: Clinic, intake: Intake) -> None:
    with intake.database.writing() as session:
        close_account(session, session.get_one(Person, clinic.pcp.id), now=NOON)
    with pytest.raises(RefusedMailError):
        take_mail(intake, letter(), now=NOON)


def test_whoever_is_in_two_programs_is_taken_for_one_where_the_program_is_named(clinic: Clinic, intake: Intake) -> None:
    north = open_clinic(intake.database, vault=clinic.vault, mark="n-")
    with intake.database.writing() as session:
        details: dict[str, Any] = {"email": "pcp@clinic.test", "name": "pcp", "role": Role.PCP, "now": NOON}
        other = add_person(session, intake.database.cipher, north.program, organization=north.home, **details)
    with pytest.raises(RefusedMailError):
        take_mail(intake, letter(), now=NOON)
    take_mail(replace(intake, programs=[north.program.id]), letter(), now=NOON)
    assert [mail.person_id for mail in rows(intake.database)] == [other.id]


def test_a_second_delivery_is_the_same_message_whatever_became_of_the_first(clinic: Clinic, intake: Intake) -> None:
    mail = came(intake)
    assert came(intake, at=LATER).id == mail.id
    with intake.database.writing() as session:
        throw_away(session, mail_for(session, clinic.pcp, mail.public_id, LATER), clinic.pcp, now=LATER)
    came(intake, at=LATER)
    (found,) = rows(intake.database)
    assert (found.state, found.content) == (MailState.ENDED, None)


def test_so_many_wait_and_no_more(clinic: Clinic, intake: Intake) -> None:
    for number in range(MOST_WAITING):
        came(intake, letter(name=f"{number}@x", files=()))
    with pytest.raises(BusyMailError):
        came(intake, letter(name="more@x"))
    assert len(rows(intake.database)) == MOST_WAITING
    came(intake, letter("nurse@clinic.test", name="other@x"))
    with intake.database.writing() as session:
        first = mail_of(session, clinic.pcp, NOON)[0]
        throw_away(session, first, clinic.pcp, now=NOON)
    assert came(intake, letter(name="more@x")).state == MailState.WAITING


def test_what_a_store_took_half_of_is_not_shown_and_comes_whole_with_the_next_delivery(
    clinic: Clinic, intake: Intake, tmp_path: Path
) -> None:
    files = tuple((f"{number}.png", "image/png", PHOTO) for number in range(3))
    broken = Away(tmp_path / "blobs")
    broken.left = 2
    with pytest.raises(BusyMailError):
        take_mail(Intake(intake.database, broken), letter(files=files), now=NOON)
    with intake.database.reading() as session:
        assert count_mail(session, clinic.pcp, NOON) == 0
    with pytest.raises(BusyMailError):
        take_mail(intake, letter(files=files), now=NOON + ARRIVES / 2)
    mail = came(intake, letter(files=files), NOON + ARRIVES)
    assert (len(rows(intake.database)), mail.state) == (1, MailState.WAITING)
    assert sorted(intake.blobs.list()) == [f"incoming/{mail.public_id}/{number}" for number in range(3)]
    with open_part(intake.blobs, mail, 2) as source:
        assert source.read() == PHOTO


def test_what_cannot_be_read_leaves_nothing(intake: Intake, clinic: Clinic) -> None:
    with pytest.raises(CorruptMailError):
        take_mail(intake, letter(text="", files=()).replace(b"Subject: Elbows\n", b""), now=NOON)
    assert (rows(intake.database), clinic.pcp.role) == ([], "pcp")


def test_one_request_begins_with_it_however_often_it_is_confirmed(clinic: Clinic, intake: Intake) -> None:
    mail = came(intake)
    begun = []
    for _ in range(2):
        with intake.database.writing() as session:
            held = mail_for(session, clinic.pcp, mail.public_id, LATER)
            begun.append(begin_request(session, held, clinic.pcp, clinic.child, now=LATER))
    assert begun[0].id == begun[1].id
    assert (begun[0].status, begun[0].requester_id, begun[0].details) == (
        "draft",
        clinic.pcp.id,
        {"thinks": f"Elbows\n\n{WORDS}"},
    )
    with intake.database.reading() as session:
        waits = mail_begun(session, clinic.pcp, begun[0].public_id, LATER)
        assert waits is not None
        assert [each.name for each in waits.files] == ["IMG_1.jpg"]
        assert mail_begun(session, clinic.nurse, begun[0].public_id, LATER) is None
    assert acts(intake.database) == [("mail_taken", None), ("mail_confirmed", clinic.pcp.id)]


def test_two_deliveries_at_once_are_one_message_and_two_presses_at_once_one_request(
    clinic: Clinic, intake: Intake
) -> None:
    def deliver(_turn: int) -> str:
        try:
            take_mail(intake, letter(), now=NOON)
        except BusyMailError:
            return "later"
        return "taken"

    def press(_turn: int) -> int:
        with intake.database.writing() as session:
            held = mail_for(session, clinic.pcp, rows(intake.database)[0].public_id, LATER)
            return begin_request(session, held, clinic.pcp, clinic.child, now=LATER).id

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(deliver, range(4))) <= {"taken", "later"}
        assert len(rows(intake.database)) == 1
        assert len(set(threads.map(press, range(4)))) == 1
    with intake.database.reading() as session:
        assert session.scalar(select(func.count(Consult.id))) == 1


def test_after_a_wrong_child_it_can_be_begun_once_more(clinic: Clinic, intake: Intake) -> None:
    mail = came(intake)
    with intake.database.writing() as session:
        held = mail_for(session, clinic.pcp, mail.public_id, LATER)
        wrong = begin_request(session, held, clinic.pcp, clinic.child, now=LATER)
        requests.withdraw(session, wrong, clinic.pcp, "", now=LATER)
        right = begin_request(session, held, clinic.pcp, clinic.child, now=LATER)
        assert (right.id != wrong.id, right.details == wrong.details) == (True, True)
        assert mail_begun(session, clinic.pcp, wrong.public_id, LATER) is None


def test_words_alone_are_over_with_the_request_and_too_many_of_them_stay_beside_it(
    clinic: Clinic, intake: Intake
) -> None:
    short, long = (letter(name=f"{count}@x", text="a" * count, files=()) for count in (10, LONGEST_THINKS + 1))
    for raw, thinks, waits in ((short, "Elbows\n\n" + "a" * 10, 0), (long, None, 1)):
        mail = came(intake, raw)
        with intake.database.writing() as session:
            held = mail_for(session, clinic.pcp, mail.public_id, LATER)
            consult = begin_request(session, held, clinic.pcp, clinic.child, now=LATER)
            assert consult.details.get("thinks") == thinks
        with intake.database.reading() as session:
            assert count_mail(session, clinic.pcp, LATER) == waits


def test_a_file_that_is_in_the_request_is_not_offered_again(clinic: Clinic, intake: Intake) -> None:
    mail = came(intake, letter(files=tuple((f"{n}.png", "image/png", PHOTO) for n in range(3))))
    with intake.database.writing() as session:
        take_out(mail_for(session, clinic.pcp, mail.public_id, LATER), (0, 2))
    assert [each.number for each in rows(intake.database)[0].files] == [1]


def test_what_nobody_confirms_is_gone_after_a_week_and_known_for_a_month(clinic: Clinic, intake: Intake) -> None:
    mail = came(intake)
    assert sweep_mail(intake.database, lambda: intake.blobs, now=NOON + WAITS - timedelta(seconds=1)) == 0
    with intake.database.writing() as session, pytest.raises(NotFoundError):
        mail_for(session, clinic.pcp, mail.public_id, NOON + WAITS)
    assert sweep_mail(intake.database, lambda: intake.blobs, now=NOON + WAITS) == 1
    (found,) = rows(intake.database)
    assert (found.state, found.content, found.is_stored, list(intake.blobs.list())) == ("ended", None, False, [])
    assert acts(intake.database)[-1] == ("mail_expired", None)
    came(intake, at=NOON + WAITS)
    assert len(acts(intake.database)) == 2
    assert sweep_mail(intake.database, lambda: intake.blobs, now=NOON + KNOWN) == 0
    assert rows(intake.database) == []


def test_what_was_thrown_away_has_lost_its_key_at_once_and_its_bytes_with_the_next_sweep(
    clinic: Clinic, intake: Intake
) -> None:
    mail = came(intake)
    with intake.database.writing() as session:
        throw_away(session, mail_for(session, clinic.pcp, mail.public_id, LATER), clinic.pcp, now=LATER)
    assert (rows(intake.database)[0].content, len(list(intake.blobs.list()))) == (None, 1)
    assert sweep_mail(intake.database, lambda: intake.blobs, now=LATER) == 1
    assert list(intake.blobs.list()) == []
    assert acts(intake.database)[1:] == [("mail_thrown_away", clinic.pcp.id)]
    assert sweep_mail(intake.database, lambda: intake.blobs, now=LATER) == 0


def test_what_never_arrived_whole_is_swept_without_a_word_in_the_trail(
    clinic: Clinic, intake: Intake, tmp_path: Path
) -> None:
    with pytest.raises(BusyMailError):
        take_mail(Intake(intake.database, Away(tmp_path / "blobs")), letter(), now=NOON)
    assert rows(intake.database)[0].state == MailState.ARRIVING
    assert sweep_mail(intake.database, lambda: intake.blobs, now=NOON + WAITS) == 1
    assert (acts(intake.database), rows(intake.database)[0].state, clinic.pcp.role) == ([], "ended", "pcp")


def test_the_end_of_a_childs_record_takes_what_waits_beside_its_request(clinic: Clinic, intake: Intake) -> None:
    mail = came(intake)
    with intake.database.writing() as session:
        held = mail_for(session, clinic.pcp, mail.public_id, LATER)
        begin_request(session, held, clinic.pcp, clinic.child, now=LATER)
    with intake.database.writing() as session:
        empty(session, clinic.child.id)
    with intake.database.reading() as session:
        found = session.scalars(select(IncomingMail)).one()
        assert (found.kept, found.files, found.text) == ({}, [], "")
        assert count_mail(session, clinic.pcp, LATER) == 0
