"""The demo clinic: whom it holds, that it is told once, and where it refuses to be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from econsult.access import patients_for
from econsult.consults.attachments import Attachment, AttachmentState, attachments_of
from econsult.consults.preparing import PreparedCopy, link_renditions
from econsult.consults.records import Consult
from econsult.consults.retakes import retakes_of
from econsult.consults.threads import Audience, messages_of
from econsult.errors import SettingError
from econsult.jobs import Job, JobState
from econsult.people.caregivers import caregivers_of
from econsult.people.patients import Patient
from econsult.people.persons import SPECIALTIES, Person, person_by_email
from econsult.people.signin import use_link
from econsult.retaking import retake_for
from econsult.settings import load_settings
from imaging.__main__ import main
from tests.schema import lay_schema
from tests.workers.clinic import Clinic, now
from workers import demo
from workers.clock import Ticker
from workers.demo.cast import add_cast
from workers.demo.drawing import NOTE, draw, seed_of
from workers.demo.telling import Stage, tell, told
from workers.runtime import Runtime, open_runtime

STAFF = ["pcp", "derm", "derm2", "neuro", "coordinator", "nurse", "director", "privacy", "admin"]
PERSONAS = ["parent", "parent2", *STAFF, "teen"]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A demo clinic as it is at the first start, before any worker has run."""
    settings = load_settings({"ECONSULT_DATA": str(tmp_path_factory.mktemp("demo"))}, is_demo=True)
    runtime = open_runtime(settings)
    lay_schema(runtime.database)
    demo.check_records(runtime)
    demo.seed(runtime, now())
    yield runtime
    runtime.close()


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Runtime]:
    """A demo clinic that tells one story alone."""
    runtime = open_runtime(load_settings({"ECONSULT_DATA": str(tmp_path)}, is_demo=True))
    lay_schema(runtime.database)
    with runtime.database.writing() as session:
        people, children = add_cast(runtime, session, now())
    tell(Stage(runtime, people, children, now()), next(case for case in demo.CASES if case.key == "lucia-ring"))
    yield runtime
    runtime.close()


def _person(runtime: Runtime, key: str) -> Person:
    with runtime.database.reading() as session:
        person = person_by_email(session, runtime.database.cipher, f"{key}@demo.test")
    assert person is not None
    return person


def test_every_persona_has_a_link_that_signs_in_once(seeded: Runtime) -> None:
    links = demo.sign_in_links(seeded, now())
    assert [email for email, _ in links] == [f"{key}@demo.test" for key in PERSONAS]
    with seeded.database.writing() as session:
        for email, token in links:
            person = use_link(session, token, now() + timedelta(hours=23))
            assert person is not None
            assert person.email == email
            assert use_link(session, token, now()) is None


def test_a_young_person_of_the_demo_has_an_account_of_their_own(seeded: Runtime) -> None:
    """Closed by whoever tries that out, it stays closed at the next start."""
    with seeded.database.writing() as session:
        teen = person_by_email(session, seeded.database.cipher, "teen@demo.test")
        assert teen is not None
        assert (teen.role, teen.has_password) == ("youth", True)
        teen.is_active = False
    with seeded.database.writing() as session:
        add_cast(seeded, session, now())
        assert person_by_email(session, seeded.database.cipher, "teen@demo.test") is None
        session.get_one(Person, teen.id).is_active = True


def test_there_are_twelve_children_and_twenty_six_consults_of_every_specialty_and_state(seeded: Runtime) -> None:
    with seeded.database.reading() as session:
        assert session.scalars(select(func.count(Patient.id))).one() == 12
        consults = list(session.scalars(select(Consult)))
    assert len(consults) == 26
    assert {consult.specialty for consult in consults} - {None} == set(SPECIALTIES)
    # Nothing leads to `redirected` yet.
    states = ["draft", "submitted", "claimed", "needs_info", "answered", "closed", "declined", "withdrawn"]
    assert {consult.status for consult in consults} == set(states)


def test_the_first_child_of_the_pcp_is_the_parents_and_speaks_spanish(seeded: Runtime) -> None:
    pcp, parent = _person(seeded, "pcp"), _person(seeded, "parent")
    with seeded.database.writing() as session:
        first = patients_for(session, pcp, now=now())[0]
        assert [person.id for person in caregivers_of(session, first.id, now())] == [parent.id]
    assert (first.language, parent.language) == ("es", "es")


def test_one_request_is_overdue_one_paused_and_one_urgent(seeded: Runtime) -> None:
    Ticker(seeded).tick(now())
    with seeded.database.reading() as session:
        consults = list(session.scalars(select(Consult)))
    waiting = [consult for consult in consults if consult.status in {"submitted", "claimed"}]
    assert sum(1 for consult in waiting if consult.due_at and consult.due_at < now()) == 1
    assert [consult.specialty for consult in waiting if consult.urgency == "urgent"] == ["metabolic"]
    assert any(consult.status == "needs_info" for consult in consults)


def test_no_file_is_ready_before_a_worker_has_seen_it(seeded: Runtime) -> None:
    with seeded.database.reading() as session:
        states = set(session.scalars(select(Attachment.state)))
        jobs = session.scalars(
            select(func.count(Job.id)).where(Job.kind == "prepare", Job.state == JobState.DONE)
        ).one()
    assert states == {AttachmentState.RECEIVED}
    assert jobs == 0


def test_a_second_start_adds_nothing(seeded: Runtime) -> None:
    tables = (Patient, Person, Consult, Attachment, Job)
    with seeded.database.reading() as session:
        before = [session.scalars(select(func.count(table.id))).one() for table in tables]
    demo.seed(seeded, now())
    with seeded.database.reading() as session:
        assert [session.scalars(select(func.count(table.id))).one() for table in tables] == before


@pytest.mark.slow
def test_the_files_that_follow_are_drawn_and_sent_once(seeded: Runtime) -> None:
    assert demo.lacks_media(seeded)
    sent = demo.send_media(seeded, now())
    assert sent > 10
    assert not demo.lacks_media(seeded)
    assert demo.send_media(seeded, now()) == 0


def test_a_better_photo_is_asked_for_once_its_file_is_ready(ring: Runtime) -> None:
    """As long as it is not prepared, somebody waits for it; then the parent is shown a circle over it."""
    demo.send_media(ring, now())
    assert (demo.is_unfinished(ring), demo.go_on(ring, now())) == (True, True)
    with ring.database.writing() as session:
        consult = session.scalars(select(Consult).where(Consult.public_id == told(session)["lucia-ring"])).one()
        (photo,) = attachments_of(session, consult.id)
        copies = [PreparedCopy("view", "image/jpeg", 1344, 1008, 9, "0" * 64, "b", "renditions/b", b"k")]
        link_renditions(session, photo, copies, {}, now())
    assert not demo.go_on(ring, now())
    parent, derm, pcp = (_person(ring, key) for key in ("parent", "derm", "pcp"))
    with ring.database.writing() as session:
        for person in (parent, derm, pcp):
            (message,) = messages_of(session, consult.id, (Audience.FAMILY,))
            ((retake, _photo),) = retakes_of(session, [message.id])[message.id]
            found = retake_for(session, person, retake.public_id, now=now())
            assert [(mark.shape, found.retake.drawing.words) for mark in found.retake.drawing.marks] == [
                ("ellipse", ("closer", "in_focus"))
            ]
        assert session.get_one(Consult, consult.id).status == "needs_info"
    assert not demo.go_on(ring, now())


def test_a_case_s_file_is_the_same_on_every_machine(seeded: Runtime) -> None:
    case = next(case for case in demo.CASES if case.key == "samuel-screen")
    with seeded.database.reading() as session:
        child = session.get_one(Patient, 1)
    once, twice = (draw(case.media[0], child, seed_of(case, 0), child.created_at) for _ in range(2))
    assert once == twice
    assert once.startswith(b"%PDF")


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104 - to be refused.
        "::",
        "192.0.2.7",
        "example.test",
    ],
)
def test_the_demo_listens_on_loopback_only(host: str, tmp_path: Path) -> None:
    settings = load_settings({"ECONSULT_DATA": str(tmp_path)}, is_demo=True)
    with pytest.raises(SettingError, match="loopback"):
        demo.check_place(settings, host)
    demo.check_place(settings, "localhost")


def test_the_demo_is_refused_where_the_pages_are_https() -> None:
    settings = load_settings({"ECONSULT_BASE_URL": "https://clinic.test"}, is_demo=True)
    with pytest.raises(SettingError, match="https"):
        demo.check_place(settings, "localhost")


def test_the_demo_is_refused_on_a_real_program_s_records(clinic: Clinic) -> None:
    with pytest.raises(SettingError, match="real program"):
        demo.check_records(clinic.runtime)


def test_one_file_of_the_demo_is_no_picture_and_is_refused(seeded: Runtime, tmp_path: Path) -> None:
    notes = [media for case in demo.CASES for media in case.media if media.what == NOTE]
    with seeded.database.reading() as session:
        child = session.get_one(Patient, 1)
    named = tmp_path / "IMG_0002.jpg"
    named.write_bytes(draw(notes[0], child, 1, child.created_at))
    refused = main(["prepare", str(named), "--kind", notes[0].kind, "--out", str(tmp_path / "out")])
    assert (len(notes), refused) == (1, 2)
