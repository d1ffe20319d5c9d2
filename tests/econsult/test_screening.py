"""Danger signs: found wherever they are told, and passed only by a clinician who says who examined the child."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.bereavement import mark_death
from econsult.consults import answers, holding, requests
from econsult.consults.photo_came import photo_came
from econsult.consults.records import RANKS, RedFlagStop, Urgency
from econsult.consults.redflags import LONGEST_CODES, UNSAFE, URGENCY_OF_CODE, one_text
from econsult.consults.reopening import reopen
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.consults.screening import AGAIN, deal_with
from econsult.consults.told_signs import stopped_before
from econsult.database import Database
from econsult.errors import EmergencyError, InvalidError
from econsult.notices import Notice, NoticeKind
from econsult.people.patients import Patient
from econsult.queue.invariants import violations
from econsult.queue.quiet import Quiet
from econsult.queue.stops import call_again, uncalled_stops
from econsult.rosters.shifts import TimeOff
from econsult.stops import stops_for
from tests.personas import ANSWER, LEASE, NOON, QUESTION, TARGETS, Clinic

WHOLE = {"examined_by": "Dr. Paz", "at": NOON.isoformat(), "why": "Seen and well"}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"examined_by": " ", "why": "\n"}, {"examined_by": "required", "why": "required"}),
        ({"examined_by": "nobody, the mother says so on the phone"}, {"examined_by": "not_a_clinician"}),
        ({"examined_by": "me"}, {"examined_by": "not_a_clinician"}),
        ({"examined_by": "Hale"}, {"examined_by": "not_a_clinician"}),
        ({"examined_by": "505-555-0100"}, {"examined_by": "not_a_clinician"}),
        ({"why": "x"}, {"why": "too_short"}),
        ({"why": "ok ok ok ok ok ok"}, {"why": "too_short"}),
        ({"at": (NOON - timedelta(hours=49)).isoformat()}, {"at": "too_old"}),
        ({"at": "2026-02-27"}, {"at": "too_old"}),
        ({"at": "2026-03-04"}, {"at": "in_the_future"}),
        ({"at": "never"}, {"at": "invalid"}),
        ({"at": ""}, {"at": "required"}),
        ({"at": None}, {"at": "required"}),
        ({"at": (NOON + timedelta(hours=1)).isoformat()}, {"at": "in_the_future"}),
        ({"at": "2022-01-14T10:00Z"}, {"at": "too_old"}),
        ({"at": "0001-01-01T00:00"}, {"at": "too_old"}),
    ],
)
def test_an_attestation_that_says_nothing_passes_nothing(
    database: Database, clinic: Clinic, changes: dict[str, Any], wrong: dict[str, str]
) -> None:
    with pytest.raises(EmergencyError) as stopped, database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": ["seizure"]})
        form = SubmitForm(red_flag_attestation={**WHOLE, **changes})
        requests.submit(session, draft, clinic.pcp, form, now=NOON, targets=TARGETS)
    assert stopped.value.detail == {"red_flags": ["seizure"], "call": ["911"], "attestation": wrong}


@pytest.mark.parametrize("examiner", ["Dr. Paz", "Nora Sánchez-O'Brien, MD", "Amy Wu FNP", "{own}"])
@pytest.mark.parametrize("at", ["2026-03-02", "2026-03-01", (NOON - timedelta(hours=47)).isoformat()])
def test_a_named_clinician_who_examined_lately_passes(
    database: Database, clinic: Clinic, examiner: str, at: str
) -> None:
    with database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": ["seizure"]})
        said = {**WHOLE, "examined_by": examiner.format(own=clinic.pcp.name), "at": at}
        requests.submit(session, draft, clinic.pcp, SubmitForm("", said), now=NOON, targets=TARGETS)
        kept = session.scalars(select(RedFlagStop)).one().attestation
    assert kept == {**said, "of_program": "{own}" in examiner}


@pytest.mark.parametrize("who", ["coordinator", "nurse"])
@pytest.mark.parametrize("sign", ["breathing", "self_harm"])
def test_who_is_no_clinician_passes_nothing_whatever_is_attested(
    database: Database, clinic: Clinic, who: str, sign: str
) -> None:
    with pytest.raises(EmergencyError) as stopped, database.writing() as session:
        values = {"kind": "econsult", "specialty": "asthma", "details": {"red_flags": [sign]}}
        draft = requests.create(session, getattr(clinic, who), clinic.child, RequestForm(**values), now=NOON)
        requests.submit(session, draft, getattr(clinic, who), SubmitForm("", WHOLE), now=NOON, targets=TARGETS)
    assert stopped.value.wrong == {"examined_by": "not_allowed"}


@pytest.mark.parametrize("who", ["pcp", "coordinator", "mother"])
def test_a_familys_question_with_a_sign_is_never_sent_whoever_writes_it_down(
    database: Database, clinic: Clinic, who: str
) -> None:
    form = RequestForm(kind="family_question", details={"red_flags": ["self_harm"], "body_site": "elbow"})
    with pytest.raises(EmergencyError), database.writing() as session:
        draft = requests.create(session, getattr(clinic, who), clinic.child, form, now=NOON)
        requests.submit(session, draft, getattr(clinic, who), SubmitForm("", WHOLE), now=NOON, targets=TARGETS)
    with database.reading() as session:
        assert not session.scalars(select(RedFlagStop)).one().is_attested


@pytest.mark.parametrize("reason", ["", "The family cannot wait for the whole form"])
def test_nothing_is_sent_unless_somebody_answered_the_signs(database: Database, clinic: Clinic, reason: str) -> None:
    with pytest.raises(InvalidError) as refused, database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": None})
        requests.submit(session, draft, clinic.pcp, SubmitForm(reason), now=NOON, targets=TARGETS)
    assert refused.value.fields == {"details.red_flags": "required"}


def test_a_time_without_a_zone_is_a_time(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": ["seizure"]})
        form = SubmitForm(red_flag_attestation={**WHOLE, "at": "2026-03-02T11:30"})
        assert requests.submit(session, draft, clinic.pcp, form, now=NOON, targets=TARGETS).status == "submitted"


@pytest.mark.parametrize("symptoms", [["itch", "fever"], ["Fever"], ["fiebre"]])
@pytest.mark.parametrize(("birth_date", "is_stopped"), [("2026-02-06", True), ("2025-11-02", False)])
def test_a_fever_in_a_young_infant_stops_a_family_however_it_is_told(
    database: Database, clinic: Clinic, birth_date: str, is_stopped: bool, symptoms: list[str]
) -> None:
    with database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": [], "symptoms": symptoms})
        session.merge(clinic.child).birth_date_text = birth_date
    outcome = pytest.raises(EmergencyError, match="emergency") if is_stopped else nullcontext()
    with outcome, database.writing() as session:
        requests.submit(session, session.merge(draft), clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
    with database.reading() as session:
        assert session.scalars(select(RedFlagStop.codes)).all() == ["young_infant_fever"] * is_stopped


def test_the_key_of_a_notice_names_no_sign(database: Database, clinic: Clinic) -> None:
    with pytest.raises(EmergencyError), database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": ["seizure", "self_harm"]})
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
    with database.reading() as session:
        query = select(Notice.dedupe_key).where(Notice.kind == NoticeKind.EMERGENCY)
        keys = session.scalars(query).all()
    assert len(keys) == 1
    assert "seizure" not in keys[0]
    assert "self" not in keys[0]


def test_a_family_that_is_stopped_on_the_telephone_is_told_to_a_clinician(database: Database, clinic: Clinic) -> None:
    form = RequestForm(kind="econsult", source="phone", specialty="asthma", details={"red_flags": ["breathing"]})
    with pytest.raises(EmergencyError), database.writing() as session:
        draft = requests.create(session, clinic.coordinator, clinic.child, form, now=NOON)
        requests.submit(session, draft, clinic.coordinator, SubmitForm(), now=NOON, targets=TARGETS)
    with database.writing() as session:
        told = session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.EMERGENCY)).all()
        assert told == [clinic.pcp.id]
        assert [entry.stop.codes for entry in stops_for(session, clinic.pcp, now=NOON)] == ["breathing"]


def test_who_attests_on_the_telephone_leaves_nobody_to_call(database: Database, clinic: Clinic) -> None:
    with pytest.raises(EmergencyError), database.writing() as session:
        draft = clinic.draft(session, source="phone", details={"red_flags": ["breathing"]})
        requests.submit(session, draft, clinic.pcp, SubmitForm(), now=NOON, targets=TARGETS)
    with database.writing() as session:
        assert len(stops_for(session, clinic.coordinator, now=NOON)) == 1
        requests.submit(session, session.merge(draft), clinic.pcp, SubmitForm("", WHOLE), now=NOON, targets=TARGETS)
        assert stops_for(session, clinic.coordinator, now=NOON) == []


def test_staff_who_are_stopped_read_it_themselves_and_nobody_is_told_of_a_family(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": ["seizure"]})
    for at in (NOON, NOON, NOON + AGAIN):
        with pytest.raises(EmergencyError), database.writing() as session:
            requests.submit(session, session.merge(draft), clinic.pcp, SubmitForm(), now=at, targets=TARGETS)
    with database.reading() as session:
        assert len(session.scalars(select(RedFlagStop)).all()) == 2
        assert session.scalars(select(Notice).where(Notice.kind == NoticeKind.EMERGENCY)).all() == []


def _sent(session: Any, clinic: Clinic, who: str, draft: Any, said: dict[str, Any] | None = None) -> Any:
    form = SubmitForm("work-up not possible", said)
    return requests.submit(session, session.merge(draft), getattr(clinic, who), form, now=NOON, targets=TARGETS)


def _stopped_draft(database: Database, clinic: Clinic, who: str = "pcp", **values: Any) -> Any:
    with database.writing() as session:
        form = RequestForm(
            **{"kind": "econsult", "specialty": "asthma", "details": {"red_flags": ["seizure"]}, **values}
        )
        draft = requests.create(session, getattr(clinic, who), clinic.child, form, now=NOON)
    with pytest.raises(EmergencyError), database.writing() as session:
        _sent(session, clinic, who, draft)
    with database.writing() as session:
        unticked = {**draft.details, "red_flags": []}
        return requests.edit(session, session.merge(draft), clinic.pcp, RequestForm(details=unticked), now=NOON)


@pytest.mark.parametrize(
    ("who", "kind"),
    [("pcp", "econsult"), ("nurse", "econsult"), ("nurse", "family_question"), ("pcp", "family_question")],
)
def test_a_sign_that_stopped_a_request_is_not_passed_by_unticking_it(
    database: Database, clinic: Clinic, who: str, kind: str
) -> None:
    draft = _stopped_draft(database, clinic, who, kind=kind)
    with pytest.raises(EmergencyError) as stopped, database.writing() as session:
        _sent(session, clinic, who, draft)
    assert stopped.value.codes == ("seizure",)


MISTAKEN = {"taken_back": "mistake", "why": "I touched the wrong line"}


def test_who_may_attest_takes_a_sign_back_and_the_reason_is_kept(database: Database, clinic: Clinic) -> None:
    draft = _stopped_draft(database, clinic)
    for said, wrong in (
        ({"taken_back": "mistake", "why": "ok"}, {"why": "too_short"}),
        ({"taken_back": "over", "why": MISTAKEN["why"]}, {"examined_by": "required", "at": "required"}),
        ({**WHOLE, "taken_back": "because"}, {"taken_back": "unknown_value"}),
    ):
        with pytest.raises(EmergencyError) as stopped, database.writing() as session:
            _sent(session, clinic, "pcp", draft, said)
        assert stopped.value.wrong == wrong
    with database.writing() as session:
        # Whoever presses again and again was stopped once.
        assert len(session.scalars(select(RedFlagStop)).all()) == 1
        draft = clinic.draft(session, details={"red_flags": [], "tried": "nothing"})
        session.scalars(select(RedFlagStop)).one().consult_id = draft.id
        _sent(session, clinic, "pcp", draft, MISTAKEN)
        assert session.scalars(select(RedFlagStop).where(RedFlagStop.is_attested)).one().attestation == MISTAKEN


def test_a_sign_that_is_ticked_was_not_ticked_by_mistake(database: Database, clinic: Clinic) -> None:
    with pytest.raises(EmergencyError) as stopped, database.writing() as session:
        draft = clinic.draft(session, details={"red_flags": ["seizure"]})
        _sent(session, clinic, "pcp", draft, MISTAKEN)
    assert stopped.value.wrong == {"taken_back": "still_ticked"}


def test_a_stop_of_the_request_itself_is_told_where_nobody_answered_for_it(database: Database, clinic: Clinic) -> None:
    with database.writing() as session:
        sent = clinic.econsult(session)
        assert sent.submitted_at is not None
        session.add(RedFlagStop(consult_id=sent.id, person_id=clinic.pcp.id, codes="seizure", at=sent.submitted_at))
        session.flush()
        assert [stop.codes for stop in stopped_before(session, [sent])[sent.id]] == ["seizure"]


@pytest.mark.parametrize("how", ["photo", "clinic"])
def test_a_stop_shortly_before_a_reopening_is_told_and_hastens(database: Database, clinic: Clinic, how: str) -> None:
    with database.writing() as session:
        consult = clinic.claimed(session)
        wants = {**ANSWER, "disposition": "new_photo", "recommendations": []}
        answers.save_draft(session, consult, clinic.derm, wants, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        later = NOON + timedelta(days=9)
        for days, code in ((3, "seizure"), (8, "breathing")):
            draft = clinic.family_draft(session, now=NOON)
            at = NOON + timedelta(days=days)
            session.add(RedFlagStop(consult_id=draft.id, person_id=clinic.mother.id, codes=code, at=at))
        session.flush()
        assert stopped_before(session, [consult]) == {}
        if how == "photo":
            photo_came(session, consult, clinic.mother, now=later)
        else:
            reopen(session, consult, clinic.pcp, "Not better", now=later, targets=TARGETS, urgency="routine")
        assert [stop.codes for stop in stopped_before(session, [consult])[consult.id]] == ["breathing"]
        assert (consult.urgency, consult.urgency_rank) == (Urgency.SAME_DAY, RANKS[Urgency.SAME_DAY])


def test_a_stop_that_comes_before_the_answer_is_told_and_one_after_it_is_not(
    database: Database, clinic: Clinic
) -> None:
    """A family's question is sent on hours after it came; whoever answers must know of what was told meanwhile."""
    with database.writing() as session:
        consult, other = clinic.claimed(session), clinic.family_draft(session)
        for hours, code in ((1, "breathing"), (9, "seizure")):
            at = NOON + timedelta(hours=hours)
            session.add(RedFlagStop(consult_id=other.id, person_id=clinic.mother.id, codes=code, at=at))
        session.flush()
        assert [stop.codes for stop in stopped_before(session, [consult])[consult.id]] == ["breathing", "seizure"]
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON + timedelta(hours=5), lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON + timedelta(hours=5))
        assert [stop.codes for stop in stopped_before(session, [consult])[consult.id]] == ["breathing"]


@pytest.mark.parametrize("sign", ["kawasaki_signs", "infant_jaundice"])
def test_a_sign_of_the_same_day_hastens_whoever_asks(database: Database, clinic: Clinic, sign: str) -> None:
    today = (Urgency.SAME_DAY, RANKS[Urgency.SAME_DAY])
    with database.writing() as session:
        told = {"body_site": "elbow", "red_flags": [sign]}
        asked = clinic.econsult(session, details=told, urgency="routine")
        assert (asked.urgency, asked.urgency_rank) == today
        assert clinic.econsult(session, details=told, urgency="urgent").urgency == Urgency.URGENT
        question = clinic.family_draft(session, details=told)
        requests.submit(session, question, clinic.mother, SubmitForm(), now=NOON, targets=TARGETS)
        form = RequestForm(specialty="dermatology", question=QUESTION, question_type="diagnosis", urgency="routine")
        on = requests.send_on(session, question, clinic.pcp, form, now=NOON, targets=TARGETS)
        assert (on.urgency, on.urgency_rank) == today
        assert list(violations(session, NOON)) == []


@pytest.mark.parametrize(("choice", "urgency"), [("weight", "same_day"), ("none", "routine")])
def test_a_sign_of_the_same_day_in_an_answer_to_a_form_hastens_the_request(
    database: Database, clinic: Clinic, choice: str, urgency: str
) -> None:
    with database.writing() as session:
        draft = clinic.draft(session, specialty="cleft", details={"cleft.danger_signs": [choice]}, urgency="routine")
        sent = requests.submit(session, draft, clinic.pcp, SubmitForm("Not known"), now=NOON, targets=TARGETS)
        assert (sent.status, sent.urgency) == ("submitted", urgency)


def test_a_sign_of_the_same_day_hastens_no_question_that_is_asked_again_weeks_later(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        consult = clinic.econsult(session, details={"body_site": "elbow", "red_flags": ["kawasaki_signs"]})
        holding.claim(session, consult, clinic.derm, now=NOON, lease=LEASE)
        answers.save_draft(session, consult, clinic.derm, ANSWER, now=NOON, lease=LEASE)
        answers.sign(session, consult, clinic.derm, now=NOON)
        answers.acknowledge(session, consult, clinic.pcp, now=NOON)
        later = NOON + timedelta(days=20)
        reopen(session, consult, clinic.pcp, "Not better", now=later, targets=TARGETS, urgency="routine")
        assert consult.urgency == Urgency.ROUTINE


def told_of_stop(session: Session, about: str) -> list[int]:
    query = select(Notice.person_id).where(Notice.kind == NoticeKind.EMERGENCY, Notice.dedupe_key.endswith(about))
    return sorted(session.scalars(query))


def stop_a_family(database: Database, clinic: Clinic, signs: list[str], now: datetime = NOON) -> int:
    with pytest.raises(EmergencyError), database.writing() as session:
        draft = clinic.family_draft(session, details={"red_flags": signs})
        requests.submit(session, draft, clinic.mother, SubmitForm(), now=now, targets=TARGETS)
    with database.reading() as session:
        return max(session.scalars(select(RedFlagStop.id)))


def test_where_nobody_of_the_clinic_is_there_the_desk_hears_of_a_stop_at_once(
    database: Database, clinic: Clinic
) -> None:
    with database.writing() as session:
        session.add(TimeOff(person_id=clinic.pcp.id, starts_at=NOON, ends_at=NOON + timedelta(days=2)))
    stop = stop_a_family(database, clinic, ["breathing"])
    with database.reading() as session:
        assert told_of_stop(session, f"stop:{stop}") == sorted([clinic.pcp.id, clinic.coordinator.id])


def test_a_family_that_nobody_calls_is_told_of_again_and_then_again(database: Database, clinic: Clinic) -> None:
    stop_a_family(database, clinic, ["seizure"])
    stop = stop_a_family(database, clinic, ["breathing"], NOON + timedelta(minutes=5))
    hearers = sorted([clinic.pcp.id, clinic.coordinator.id])

    def look(minutes: float) -> int:
        now = NOON + timedelta(minutes=5 + minutes)
        with database.reading() as session:
            found = uncalled_stops(session, now)
        with database.writing() as session:
            assert call_again(session, now, Quiet()) == len(found)
        return len(found)

    assert [look(minutes) for minutes in (9, 10, 14, 15, 16, 59, 60, 61)] == [0, 1, 0, 1, 0, 0, 1, 0]
    with database.writing() as session:
        assert [told_of_stop(session, f"stop:{stop}:{level}") for level in (1, 2)] == [hearers, hearers]
    assert look(24 * 60) == 0


def test_nobody_is_told_again_of_whom_somebody_called_or_must_not_call(database: Database, clinic: Clinic) -> None:
    at = NOON + timedelta(minutes=20)
    called = stop_a_family(database, clinic, ["seizure"])
    with database.writing() as session:
        deal_with(session, session.get_one(RedFlagStop, called), clinic.pcp, now=NOON)
        assert uncalled_stops(session, at) == []
    stop_a_family(database, clinic, ["unsafe"])
    with database.writing() as session:
        assert uncalled_stops(session, at) == []
    stop_a_family(database, clinic, ["breathing"])
    with database.writing() as session:
        assert len(uncalled_stops(session, at)) == 1
        mark_death(session, session.get_one(Patient, clinic.child.id), clinic.coordinator, "", now=NOON)
        assert uncalled_stops(session, at) == []


def test_of_too_many_signs_whole_ones_are_kept_and_an_unsafe_home_always() -> None:
    assert one_text(("breathing", UNSAFE)) == "breathing,unsafe"
    every = (*(code for code in URGENCY_OF_CODE if code != UNSAFE), UNSAFE)
    text = one_text(every)
    assert (len(",".join(every)) > LONGEST_CODES >= len(text), text.split(",")[0]) == (True, UNSAFE)
    assert set(text.split(",")) <= set(every)
