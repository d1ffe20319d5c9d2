"""A photo is asked for again with what was drawn over it: whose that is, when it is frozen, and what is refused."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult import access, retaking
from econsult.consults import attachments, holding, preparing, threads
from econsult.consults.attachments import WITHDRAWN, Attachment, AttachmentState, MediaKind, Received, renditions_of
from econsult.consults.lifecycle import Status
from econsult.consults.marks import MOST_MARKS, MOST_POINTS, Drawing, Mark, read_drawing, told_drawing
from econsult.consults.preparing import PreparedCopy
from econsult.consults.records import Consult
from econsult.consults.retakes import Retake, Wanted, draft_of, retakes_of, save_marks
from econsult.consults.threads import Audience
from econsult.database import Database, new_public_id
from econsult.errors import ForbiddenError, ImpossibleVerbError, InvalidError, NotFoundError
from econsult.people.persons import Person
from econsult.trail import AuditEvent
from tests.personas import LEASE, NOON, Clinic

CIRCLE = {"shape": "ellipse", "points": [[0.2, 0.25], [0.6, 0.75]]}
DRAWING = read_drawing({"marks": [CIRCLE], "words": ["closer", "ruler"]})


def photo(
    session: Session, consult: Consult, sender: Person, kind: MediaKind = MediaKind.PHOTO, width: int = 2048
) -> Attachment:
    """A file of the consult whose copies are ready."""
    received = Received(new_public_id(), kind, 9, "", b"k", sender.id, view="close")
    file = attachments.receive(session, consult, received, NOON)
    names = {MediaKind.PHOTO: ("thumb", "view"), MediaKind.VIDEO: ("play",)}.get(kind, ("page-1",))
    preparing.link_renditions(session, file, [_copy(name, width) for name in names], {}, NOON)
    return file


def _copy(name: str, width: int) -> PreparedCopy:
    blob = new_public_id()
    return PreparedCopy(name, "image/jpeg", width, width * 3 // 4, 9, "0" * 64, blob, f"renditions/{blob}", b"k")


def ask(
    session: Session, consult: Consult, clinic: Clinic, wanted: list[Wanted], lane: Audience = Audience.FAMILY
) -> list[Retake]:
    """The dermatologist asks for these photos again."""
    message = threads.request_info(
        session, consult, clinic.derm, text="Closer?", items=["close-up"], audience=lane, now=NOON, again=wanted
    )
    return [retake for retake, _ in retakes_of(session, [message.id]).get(message.id, [])]


@pytest.mark.parametrize(
    ("marks", "code"),
    [
        ("circle", "invalid"),
        ([CIRCLE] * (MOST_MARKS + 1), "too_many"),
        ([{"shape": "line", "points": [[0.1, 0.1], [0.9, 0.9]] * MOST_POINTS}], "too_many"),
        ([{"shape": "line", "points": [[0.1, 0.1], [0.9, 0.9]] * 99}] * 4, "too_many"),
        ([{"shape": "star", "points": [[0, 0], [1, 1]]}], "invalid"),
        ([{"shape": "box", "points": [[0, 0], [1, 1], [0, 1]]}], "invalid"),
        ([{"shape": "line", "points": [[0.5, 0.5]]}], "invalid"),
        ([{"shape": "box", "points": [[0.1, 0.1], [1.2, 0.9]]}], "out_of_range"),
        ([{"shape": "box", "points": [[-0.1, 0.1], [0.2, 0.9]]}], "out_of_range"),
        ([{"shape": "box", "points": [[math.nan, 0.1], [0.2, 0.9]]}], "out_of_range"),
        ([{"shape": "box", "points": [[math.inf, 0.1], [0.2, 0.9]]}], "out_of_range"),
        ([{"shape": "box", "points": [[True, 0.1], [0.2, 0.9]]}], "out_of_range"),
        ([{"shape": "box", "points": [["0.1", 0.1], [0.2, 0.9]]}], "out_of_range"),
        ([{"shape": "box", "points": [[0.1], [0.2, 0.9]]}], "out_of_range"),
        ([{"shape": "box", "points": "ab"}], "invalid"),
        ([{"shape": "box", "points": [[0.5, 0.5], [0.501, 0.502]]}], "too_small"),
        ([{**CIRCLE, "text": "Luz Prueba"}], "invalid"),
        ([None], "invalid"),
    ],
)
def test_what_is_no_drawing_is_refused_with_a_code(marks: object, code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_drawing({"marks": marks, "words": []})
    assert refused.value.fields == {"marks": code}


@pytest.mark.parametrize("words", [["Luz"], "closer", [7], [["closer"]]])
def test_words_are_of_the_list_and_no_text(words: object) -> None:
    with pytest.raises(InvalidError) as refused:
        read_drawing({"marks": [], "words": words})
    assert refused.value.fields == {"words": "unknown_value"}
    with pytest.raises(InvalidError):
        read_drawing(None)


def test_a_drawing_is_told_as_it_was_read_and_no_finer_than_it_can_be_seen() -> None:
    drawing = read_drawing(
        {"marks": [{"shape": "arrow", "points": [[0.123456789, 0], [1, 1]]}], "words": ["ruler", "closer"]}
    )
    assert drawing == Drawing((Mark("arrow", ((0.1235, 0.0), (1.0, 1.0))),), ("closer", "ruler"))
    assert read_drawing(told_drawing(drawing)) == drawing
    assert not Drawing()
    # Of an erased record nothing is left, and that is no fault.
    assert Retake(told={}).drawing == Drawing()


def test_a_draft_is_its_authors_until_the_request_is_sent(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        old = photo(session, consult, clinic.mother)
        draft = save_marks(session, consult, clinic.derm, old.public_id, DRAWING, now=NOON)
        assert draft is not None
        for person in (clinic.derm, clinic.derm2, clinic.pcp, clinic.mother, clinic.coordinator):
            with pytest.raises(NotFoundError):
                retaking.retake_for(session, person, draft.public_id, now=NOON)
        assert draft_of(session, old.id, clinic.derm2) is None
        # Whoever takes the request over begins with an empty picture.
        holding.release(session, consult, clinic.derm, "", now=NOON)
        holding.claim(session, consult, clinic.derm2, now=NOON, lease=LEASE)
        assert draft_of(session, old.id, clinic.derm2) is None
        with pytest.raises(ForbiddenError):
            save_marks(session, consult, clinic.derm, old.public_id, DRAWING, now=NOON)


def test_sent_marks_are_frozen_and_the_next_ones_are_a_version_of_their_own(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        old = photo(session, consult, clinic.mother)
        save_marks(session, consult, clinic.derm, old.public_id, DRAWING, now=NOON)
        (first,) = ask(session, consult, clinic, [Wanted(old.public_id)])
        assert (first.version, first.drawing, first.sent_at) == (1, DRAWING, NOON)
        assert consult.status == Status.NEEDS_INFO
        box = read_drawing({"marks": [{"shape": "box", "points": [[0, 0], [1, 1]]}]})
        second = save_marks(session, consult, clinic.derm, old.public_id, box, now=NOON)
        assert second is not None
        assert second.id != first.id
        threads.post(session, consult, clinic.mother, Audience.FAMILY, text="Ya", now=NOON + timedelta(hours=1))
        (again,) = ask(session, consult, clinic, [Wanted(old.public_id)])
        assert (again.version, again.drawing, first.drawing) == (2, box, DRAWING)
    with database.reading() as session:
        query = select(AuditEvent.detail).where(AuditEvent.action == "ask_again").order_by(AuditEvent.id)
        told = session.scalars(query).all()
        assert told == [f"{old.public_id}/1", f"{old.public_id}/2"]


@pytest.mark.parametrize("lane", [Audience.FAMILY, Audience.CLINICIANS])
def test_marks_are_read_in_the_lane_that_asks(database: Database, clinic: Clinic, lane: Audience) -> None:
    """By hand from the table of lanes; a specialist who does not hold it, and strangers, read neither."""
    may = {Audience.FAMILY: {"mother", "pcp", "derm", "coordinator"}, Audience.CLINICIANS: {"pcp", "derm"}}[lane]
    with database.writing() as session:
        consult = clinic.claimed(session)
        old = photo(session, consult, clinic.mother)
        (sent,) = ask(session, consult, clinic, [Wanted(old.public_id, DRAWING)], lane)
    found = set()
    for name in ("mother", "stranger", "pcp", "other_pcp", "derm", "derm2", "neuro", "coordinator", "nurse", "admin"):
        with database.writing() as session:
            try:
                asked = retaking.retake_for(session, getattr(clinic, name), sent.public_id, now=NOON)
                assert asked.retake.drawing == DRAWING
                found.add(name)
            except NotFoundError:
                pass
    assert found == may


def test_without_marks_a_photo_is_asked_for_again_as_it_was(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        old = photo(session, consult, clinic.mother)
        (sent,) = ask(session, consult, clinic, [Wanted(old.public_id)])
        assert (sent.drawing, sent.width, sent.height) == (Drawing(), 2048, 1536)
        with pytest.raises(ImpossibleVerbError):
            ask(session, consult, clinic, [Wanted(old.public_id)])


def test_a_photo_that_is_covered_anew_keeps_its_marks_in_their_places(database: Database, clinic: Clinic) -> None:
    """They are fractions of the picture, which has the same shape afterwards."""
    with database.writing() as session:
        consult = clinic.claimed(session)
        old = photo(session, consult, clinic.mother)
        (sent,) = ask(session, consult, clinic, [Wanted(old.public_id, DRAWING)])
        before = {copy.public_id for copy in renditions_of(session, [old.id])[old.id]}
        preparing.link_renditions(session, old, [_copy("thumb", 320), _copy("view", 1024)], {}, NOON)
        asked = retaking.retake_for(session, clinic.mother, sent.public_id, now=NOON)
        assert asked.retake.drawing == DRAWING
        shown = {copy.name: copy for copy in renditions_of(session, [old.id])[old.id]}["view"]
        assert shown.public_id not in before
        assert shown.width / shown.height == sent.width / sent.height


def test_what_cannot_be_marked_says_why(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult, other = clinic.claimed(session), clinic.claimed(session)
        foreign = photo(session, other, clinic.mother)
        film, paper = (
            photo(session, consult, clinic.mother, kind) for kind in (MediaKind.VIDEO, MediaKind.LAB_DOCUMENT)
        )
        taken_back, held = photo(session, consult, clinic.mother), photo(session, consult, clinic.mother)
        taken_back.state, taken_back.reason = AttachmentState.REJECTED, WITHDRAWN
        held.state = AttachmentState.HELD
        good = photo(session, consult, clinic.mother)
        for name in (foreign.public_id, "0" * 32):
            with pytest.raises(NotFoundError):
                save_marks(session, consult, clinic.derm, name, DRAWING, now=NOON)
        for file, code in (
            (film, "not_a_photo"),
            (paper, "not_a_photo"),
            (taken_back, "not_ready"),
            (held, "not_ready"),
        ):
            with pytest.raises(InvalidError) as refused:
                save_marks(session, consult, clinic.derm, file.public_id, DRAWING, now=NOON)
            assert refused.value.fields == {"retakes": code}
        for wanted in ([Wanted(good.public_id)] * 2, [Wanted(good.public_id)] * 13):
            with pytest.raises(InvalidError):
                ask(session, consult, clinic, wanted)


def test_a_refused_request_asks_for_nothing_and_leaves_the_draft(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        old, film = photo(session, consult, clinic.mother), photo(session, consult, clinic.mother, MediaKind.VIDEO)
        save_marks(session, consult, clinic.derm, old.public_id, DRAWING, now=NOON)
        numbers = consult.id, old.id
        wanted = [Wanted(old.public_id), Wanted(film.public_id)]
    with pytest.raises(InvalidError), database.writing() as session:
        ask(session, session.get_one(Consult, numbers[0]), clinic, wanted)
    with database.reading() as session:
        assert session.get_one(Consult, numbers[0]).status == Status.CLAIMED
        draft = draft_of(session, numbers[1], clinic.derm)
        assert draft is not None
        assert (draft.drawing, draft.version) == (DRAWING, 0)


def test_a_family_is_asked_for_no_photo_of_a_private_place(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        old = photo(session, consult, clinic.pcp)
        consult.is_private_site = True
        with pytest.raises(InvalidError) as refused:
            ask(session, consult, clinic, [Wanted(old.public_id)])
        assert refused.value.fields == {"retakes": "private_site"}
        assert len(ask(session, consult, clinic, [Wanted(old.public_id)], Audience.CLINICIANS)) == 1


def test_marks_that_were_all_taken_away_are_no_draft(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        old = photo(session, consult, clinic.mother)
        save_marks(session, consult, clinic.derm, old.public_id, DRAWING, now=NOON)
        assert save_marks(session, consult, clinic.derm, old.public_id, Drawing(), now=NOON) is None
        session.flush()
        assert draft_of(session, old.id, clinic.derm) is None
        assert access.consult_for(session, clinic.derm, consult.public_id, now=NOON).consult.status == Status.CLAIMED
    with database.reading() as session:
        query = select(AuditEvent.action).where(AuditEvent.action.in_(("mark", "drop_marks"))).order_by(AuditEvent.id)
        assert session.scalars(query).all() == ["mark", "drop_marks"]
