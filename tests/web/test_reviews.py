"""The pages on which a clinic decides about files, and the way there from the specialist's case page."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import imaging
from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from econsult.consults.facepolicy import SURE_FACE
from econsult.consults.furtherance import Allowed, Choice, FurtherConsent, choose
from econsult.consults.preparing import PreparedCopy, link_renditions
from econsult.consults.records import Consult
from econsult.consults.reviews import ask_to_show, choose_faces, refuse_to_show, reject_file
from econsult.errors import InvalidError
from tests.personas import Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready
from web.words.files import HOLD_REASONS
from workers.copies import Made
from workers.policies import policy_for
from workers.runtime import Runtime

ROOM = Path(imaging.__file__).parent
MASKED = {"masks": [{"what": "face"}], "label": "de-identified", "policy": {"faces": "mask_all"}}


@pytest.fixture
def asked(runtime: Runtime, clinic: Clinic) -> Consult:
    with runtime.database.writing() as session:
        return clinic.econsult(session, now=datetime.now(UTC))


@pytest.fixture
def file(runtime: Runtime, clinic: Clinic, asked: Consult) -> Attachment:
    view = Made("view", "image/jpeg", b"x", 4, 3)
    file = file_ready(runtime, asked, clinic.pcp, MediaKind.PHOTO, [view], datetime.now(UTC))
    with runtime.database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        mine.report, mine.blob_key = MASKED, "originals/x"
    return file


def set_state(runtime: Runtime, file: Attachment, state: AttachmentState, reason: str | None) -> None:
    with runtime.database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        mine.state, mine.reason = state, reason


def state_of(runtime: Runtime, file: Attachment) -> Attachment:
    with runtime.database.reading() as session:
        return session.get_one(Attachment, file.id)


def say(session: Session, file: Attachment, clinic: Clinic, *, yes: bool) -> None:
    """The mother's own word about the face, on her page."""
    word = Choice(Allowed.FACES, yes, "parent", "electronic", "es")
    choose(session, session.get_one(Consult, file.consult_id), clinic.mother, word, now=datetime.now(UTC))


def opened(visitor: FlaskClient, file: Attachment) -> dict[str, str]:
    """What the page that somebody opens says of the file as it is at that moment."""
    page = visitor.get(f"/reviews/{file.public_id}").text
    return {"seen": re.findall(r'name="seen" value="([0-9a-f]{16})"', page)[0]}


def test_a_hidden_face_is_asked_for_decided_and_prepared_anew(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, asked: Consult, file: Attachment
) -> None:
    derm, pcp = browser_of(clinic.derm), browser_of(clinic.pcp)
    offered = derm.get(f"/consults/{asked.public_id}").text
    assert "Face hidden: ask to show" in offered
    assert re.search(r'/ask">.{0,200}name="sheet" value="1"', offered, re.DOTALL)
    answer = post(derm, f"/reviews/{file.public_id}/ask", {"sheet": "3"})
    assert (answer.status_code, "sheet=3" in answer.location) == (303, True)
    assert "The clinic was asked to show what is covered" in derm.get(f"/consults/{asked.public_id}").text
    assert "1 file waits for a decision" in pcp.get("/clinic").text
    assert clinic.derm.name in pcp.get(f"/reviews/{file.public_id}").text
    page = pcp.get(f"/reviews/{file.public_id}?lang=en").text
    assert "has not said yes to this on its own page" in page
    assert (page.count('<option value="parent"'), page.count('<option value="youth"')) == (1, 0), "the child is small"
    assert page.count('type="checkbox" name="cells"') == 64
    # Who has no mouse passes the 64 with one key.
    assert page.index('href="#face_policy"') < page.index('name="cells"') < page.index('id="face_policy"')
    ticked, seen = {"face_policy": "face_is_finding", "face_consent": "yes"}, opened(pcp, file)
    small = {"consent_by": "youth", "consent_method": "verbal"}
    for told in ({}, {"consent_by": "parent"}, {"consent_by": "parent", "consent_method": "electronic"}, small):
        refused = post(pcp, f"/reviews/{file.public_id}/faces", {**ticked, **told, **seen})
        said = "They are too young to decide" if told is small else "Say who agreed and how"
        assert (refused.status_code, refused.text.count(said)) == (422, 2)
        assert refused.text.count('id="consent_by"') == 1
    told = {"consent_by": "parent", "consent_method": "verbal", "consent_language": "es"}
    assert post(pcp, f"/reviews/{file.public_id}/faces", {**ticked, **told, **seen}).status_code == 303
    with runtime.database.reading() as session:
        row = session.scalars(select(FurtherConsent)).one()
    assert (row.what, row.given_by, row.method, row.language, row.recorded_by_id) == (
        "faces", "parent", "verbal", "es", clinic.pcp.id,
    )  # fmt: skip
    assert (state_of(runtime, file).state, state_of(runtime, file).face_policy) == ("received", "face_is_finding")


def test_a_choice_that_could_not_be_done_is_told_and_left_as_it_is(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, file: Attachment
) -> None:
    pcp = browser_of(clinic.pcp)
    with runtime.database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        mine.reason, mine.show_asked_at = "region_too_large", datetime.now(UTC)
    page = pcp.get(f"/reviews/{file.public_id}?lang=en").text
    assert (
        "could not be done, and the file is shown as before. The marked part leaves nearly the whole face open." in page
    )
    assert "1 file waits for a decision" in pcp.get("/clinic").text
    assert "Leave the file as it is" in page
    assert post(pcp, f"/reviews/{file.public_id}/keep-hidden", opened(pcp, file)).status_code == 303
    assert (state_of(runtime, file).show_asked_at, state_of(runtime, file).reason) == (None, None)


def test_of_an_original_that_is_gone_the_pages_say_so_and_offer_nothing_that_cannot_be(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, asked: Consult, file: Attachment
) -> None:
    derm, pcp, case = browser_of(clinic.derm), browser_of(clinic.pcp), f"/consults/{asked.public_id}"
    said = opened(pcp, file)
    with runtime.database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        mine.original_gone_at, mine.original_days, mine.blob_key = datetime.now(UTC), 30, None
    gone = "The original is no longer kept: it was deleted 30 days after this request was closed."
    for page in (derm.get(case).text, pcp.get(case).text):
        assert (gone in page, "ask to show" in page, f"/reviews/{file.public_id}" in page) == (True, False, False)
    assert "se eliminó 30 días después de cerrarse esta solicitud" in derm.get(f"{case}?lang=es").text
    page = pcp.get(f"/reviews/{file.public_id}?lang=en").text
    assert (gone in page, "/faces" in page, "/release" in page, "/reject" in page) == (True, False, False, True)
    late = post(pcp, f"/reviews/{file.public_id}/faces", {"face_policy": "mask_all", **said})
    assert (late.status_code, "It cannot be prepared in another way." in late.text) == (409, True)
    assert post(derm, f"/reviews/{file.public_id}/ask?lang=en", {}).status_code == 409
    assert post(pcp, f"/reviews/{file.public_id}/reject", {"reason": "Too blurred.", **said}).status_code == 303
    # What nobody had decided about ended with its original: no verb is left.
    with runtime.database.writing() as session:
        session.get_one(Attachment, file.id).reason = "undecided"
    page = pcp.get(f"{case}?lang=en").text
    told = ("Deleted: nobody had decided about it" in page, gone in page, f"/reviews/{file.public_id}" in page)
    assert told == (True, True, False)
    page = pcp.get(f"/reviews/{file.public_id}?lang=es").text
    assert ("Eliminado: nadie había decidido sobre él" in page, "<form" in page.split("<main")[1]) == (True, False)


@pytest.mark.parametrize(
    ("seen", "status"), [({"width": 0.3}, 303), ({"width": 0.1}, 409), ({"width": 0.1, "on_face": True}, 303)]
)
def test_a_large_part_or_one_on_an_open_face_that_was_taken_for_writing_can_be_asked_for(
    browser_of: BrowserOf,
    runtime: Runtime,
    clinic: Clinic,
    asked: Consult,
    file: Attachment,
    seen: dict[str, object],
    status: int,
) -> None:
    mask = {"what": "text", "left": 0.2, "top": 0.2, "height": 0.2, **seen}
    with runtime.database.writing() as session:
        session.get_one(Attachment, file.id).report = {"masks": [mask]}
    derm = browser_of(clinic.derm)
    assert ("covered as writing: ask to show" in derm.get(f"/consults/{asked.public_id}").text) == (status == 303)
    assert post(derm, f"/reviews/{file.public_id}/ask", {}).status_code == status


def test_a_clinic_says_that_a_paper_shows_no_face_and_its_names_stay_covered(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, asked: Consult, file: Attachment
) -> None:
    pcp, words = browser_of(clinic.pcp), "There is no face on this paper; names and birth dates stay hidden"
    said = {"face_policy": "no_face", **opened(pcp, file)}
    assert words not in pcp.get(f"/reviews/{file.public_id}?lang=en").text
    assert post(pcp, f"/reviews/{file.public_id}/faces", said).status_code == 422
    with runtime.database.writing() as session:
        session.get_one(Attachment, file.id).kind = MediaKind.LAB_DOCUMENT
    assert words in pcp.get(f"/reviews/{file.public_id}?lang=en").text
    assert post(pcp, f"/reviews/{file.public_id}/faces", {**said, **opened(pcp, file)}).status_code == 303
    with runtime.database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        policy = policy_for(session, mine, session.get_one(Consult, asked.id))
        assert (mine.state, policy.faces, policy.text) == (AttachmentState.RECEIVED, "no_face", "mask")
        link_renditions(session, mine, (), {"policy": {"faces": policy.faces}}, datetime.now(UTC))
        assert not mine.is_restricted


def test_the_face_that_a_question_is_about_is_none_on_a_paper(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, asked: Consult, file: Attachment
) -> None:
    with runtime.database.writing() as session:
        mine, case = session.get_one(Attachment, file.id), session.get_one(Consult, asked.id)
        case.details = {**case.details, "face_policy": "keep_region"}
        assert policy_for(session, mine, case).faces == "keep_region"
        mine.kind = MediaKind.LAB_DOCUMENT
        assert policy_for(session, mine, case).faces == "mask_all"
    pcp = browser_of(clinic.pcp)
    page = pcp.get(f"/reviews/{file.public_id}").text
    offered = re.compile(r'name="face_policy" value="(\w+)"( checked)?')
    assert offered.findall(page) == [("mask_all", " checked"), ("no_face", "")]
    with runtime.database.writing() as session:
        # The detector is sure of it: a face on a paper is shown by the family's yes, as every other is.
        session.get_one(Attachment, file.id).report = {**MASKED, "masks": [{"what": "face", "threshold": SURE_FACE}]}
    page = pcp.get(f"/reviews/{file.public_id}").text
    assert offered.findall(page) == [("mask_all", " checked"), ("face_is_finding", "")]
    refused = post(pcp, f"/reviews/{file.public_id}/faces", {"face_policy": "no_face", **opened(pcp, file)})
    assert (refused.status_code, state_of(runtime, file).state) == (422, AttachmentState.READY)
    shown = {"face_policy": "face_is_finding", **opened(pcp, file)}
    refused = post(pcp, f"/reviews/{file.public_id}/faces", shown)
    assert (refused.status_code, state_of(runtime, file).state) == (422, AttachmentState.READY)
    told = {"face_consent": "yes", "consent_by": "parent", "consent_method": "verbal", "consent_language": "es"}
    assert post(pcp, f"/reviews/{file.public_id}/faces", {**shown, **told}).status_code == 303
    with runtime.database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        policy = policy_for(session, mine, session.get_one(Consult, asked.id))
        assert (policy.faces, policy.text, policy.chosen_by) == ("face_is_finding", "mask", "reviewer")
        link_renditions(session, mine, (), {"policy": {"faces": policy.faces}}, datetime.now(UTC))
        assert mine.is_restricted
        say(session, mine, clinic, yes=False)
        assert policy_for(session, mine, session.get_one(Consult, asked.id)).faces == "mask_all"


@pytest.mark.parametrize(
    ("verb", "given", "words"),
    [
        ("faces", {"face_policy": "face_is_finding"}, "the family must have agreed"),
        ("faces", {"face_policy": "keep_region"}, "Mark the part of the picture"),
        ("faces", {}, "Choose what is hidden"),
        ("release", {"reason": " "}, "Write the reason"),
        ("reject", {"reason": ""}, "Write the reason"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_changed(
    browser_of: BrowserOf,
    runtime: Runtime,
    clinic: Clinic,
    file: Attachment,
    verb: str,
    given: dict[str, str],
    words: str,
) -> None:
    pcp = browser_of(clinic.pcp)
    answer = post(pcp, f"/reviews/{file.public_id}/{verb}", {**given, **opened(pcp, file)})
    assert answer.status_code == 422
    assert words in answer.text
    assert state_of(runtime, file).state == AttachmentState.READY


def test_the_ticked_fields_are_the_open_region(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, file: Attachment
) -> None:
    pcp = browser_of(clinic.pcp)
    given = {"face_policy": "keep_region", "cells": ["2-3", "9-9"], **opened(pcp, file)}
    post(pcp, f"/reviews/{file.public_id}/faces", given)
    assert state_of(runtime, file).face_regions == {
        "regions": [{"left": 0.375, "top": 0.25, "width": 0.125, "height": 0.125}]
    }


def test_the_reasons_of_held_files_are_told_and_strangers_get_404(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, file: Attachment
) -> None:
    set_state(runtime, file, AttachmentState.HELD, "no_face_model")
    page = browser_of(clinic.pcp).get(f"/reviews/{file.public_id}").text
    assert "The detector for faces is missing" in page
    set_state(runtime, file, AttachmentState.HELD, "private_site")
    page = browser_of(clinic.pcp).get(f"/reviews/{file.public_id}").text
    assert "It can only be refused" in page
    assert "Prepare it this way" not in page
    assert browser_of(clinic.other_pcp).get(f"/reviews/{file.public_id}").status_code == 404
    for person in (clinic.derm, clinic.coordinator, clinic.mother):
        assert browser_of(person).get(f"/reviews/{file.public_id}").status_code in {403, 404}


def test_whatever_the_preparation_holds_a_file_for_is_told_in_words() -> None:
    """A code without words read as “held until a person has checked it”, and nobody knew what to look for."""
    sources = "".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
    held = {*re.findall(r'Held\("(\w+)"\)', sources), *re.findall(r'HELD[,)].*reason="(\w+)"', sources)}
    assert {"too_many_boxes", "which_face", "code_left"} <= held
    assert held <= HOLD_REASONS.keys()


def test_the_fields_of_two_pictures_of_a_film_have_names_of_their_own(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, asked: Consult
) -> None:
    stills = [Made(name, "image/jpeg", b"x", 4, 3) for name in ("review", "review-1")]
    film = file_ready(runtime, asked, clinic.pcp, MediaKind.VIDEO, stills, datetime.now(UTC))
    set_state(runtime, film, AttachmentState.HELD, "which_face")
    page = browser_of(clinic.pcp).get(f"/reviews/{film.public_id}").text
    names = re.findall(r'aria-label="(Picture \d: Row \d, column \d)"', page)
    assert (len(names), len(set(names))) == (128, 128)


def test_the_list_names_what_waits(browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, file: Attachment) -> None:
    pcp: FlaskClient = browser_of(clinic.pcp)
    assert "No file waits" in pcp.get("/reviews").text
    set_state(runtime, file, AttachmentState.HELD, "region_needed")
    assert f"/reviews/{file.public_id}" in pcp.get("/reviews").text
    # The time stands first: behind "until a person has checked it" it read as a deadline.
    assert " · " in pcp.get("/reviews").text.partition(file.public_id)[2]
    given = {"reason": "Not the child", **opened(pcp, file)}
    assert post(pcp, f"/reviews/{file.public_id}/reject", given).status_code == 303
    assert state_of(runtime, file).state == AttachmentState.REJECTED


def test_a_reason_that_is_too_long_is_refused_and_never_cut(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, file: Attachment
) -> None:
    pcp = browser_of(clinic.pcp)
    answer = post(pcp, f"/reviews/{file.public_id}/reject", {"reason": "x" * 1001, **opened(pcp, file)})
    assert (answer.status_code, "Use at most 1000 letters" in answer.text) == (422, True)
    assert state_of(runtime, file).state == AttachmentState.READY
    with pytest.raises(InvalidError), runtime.database.writing() as session:
        reject_file(session, session.get_one(Attachment, file.id), clinic.pcp, reason="x" * 1001, now=datetime.now(UTC))


@pytest.mark.parametrize("verb", ["release", "reject"])
def test_a_reason_that_was_written_is_never_lost(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, asked: Consult, file: Attachment, verb: str
) -> None:
    pcp, long = browser_of(clinic.pcp), "y" * 1001
    refused = post(pcp, f"/reviews/{file.public_id}/{verb}", {"reason": long, **opened(pcp, file)})
    assert (refused.status_code, refused.text.count(long)) == (422, 1)
    set_state(runtime, file, AttachmentState.PROCESSING, None)
    given = {"reason": "It shows the twin sister", **opened(pcp, file)}
    late = post(pcp, f"/reviews/{file.public_id}/{verb}", given)
    assert (late.status_code, late.text.count("It shows the twin sister")) == (409, 1)
    assert late.text.count("was decided about meanwhile") == 1
    assert state_of(runtime, file).state == "processing"


@pytest.mark.parametrize(
    "change", ["a colleague covers it", "a colleague declines", "prepared anew", "set aside", "a no"]
)
def test_a_page_from_before_a_change_decides_nothing_and_loses_nothing(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, file: Attachment, change: str
) -> None:
    """Else the release of what somebody saw an hour ago uncovers what a colleague has covered since."""
    pcp, now = browser_of(clinic.pcp), datetime.now(UTC)
    with runtime.database.writing() as session:
        ask_to_show(session, session.get_one(Attachment, file.id), clinic.derm, now=now)
    before = opened(pcp, file)
    with runtime.database.writing() as session:
        mine = session.get_one(Attachment, file.id)
        if change == "a colleague covers it":
            choose_faces(session, mine, clinic.pcp, policy="mask_all", regions=(), has_consent=False, now=now)
            mine.state = AttachmentState.READY
        elif change == "a colleague declines":
            refuse_to_show(session, mine, clinic.pcp, now=now)
        elif change == "a no":
            say(session, mine, clinic, yes=True)
            say(session, mine, clinic, yes=False)
        else:
            name = "review" if change == "set aside" else "view"
            copy = PreparedCopy(name, "image/jpeg", 4, 3, 1, "0" * 64, "o" * 32, "copies/o", b"")
            link_renditions(session, mine, [copy], MASKED, now)
            if change == "set aside":
                mine.state, mine.reason = AttachmentState.HELD, "region_needed"
    was = "held" if change == "set aside" else "ready"
    ticked = {"face_policy": "face_is_finding", "face_consent": "yes", "cells": ["2-3"]}
    for verb, given in (("release", {"reason": "Twin"}), ("reject", {"reason": ""}), ("faces", ticked)):
        late = post(pcp, f"/reviews/{file.public_id}/{verb}", {**given, **before})
        assert (late.status_code, late.text.count("changed after you opened it")) == (409, 1), verb
        assert state_of(runtime, file).state == was
    for kept in ("2-3", "face_is_finding"):
        assert re.search(rf'value="{kept}"[^>]* checked', late.text), kept
    assert re.search(r'name="face_consent" value="yes" checked', late.text)
    assert post(pcp, f"/reviews/{file.public_id}/release", {"reason": "Twin", **before}).text.count(">Twin<") == 1
    now_seen = {"reason": "Twin", **opened(pcp, file)}
    assert post(pcp, f"/reviews/{file.public_id}/release", now_seen).status_code == 303
    assert post(pcp, f"/reviews/{file.public_id}/release", {"reason": "Twin"}).status_code == 409


def test_a_no_of_the_family_is_told_and_who_ticks_a_yes_over_it_confirms_that(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, file: Attachment
) -> None:
    """Whoever of the family is said to agree: the mother's no is not another guardian's to forget."""
    pcp, place = browser_of(clinic.pcp), f"/reviews/{file.public_id}"
    assert "said no to the face" not in pcp.get(f"{place}?lang=en").text
    with runtime.database.writing() as session:
        say(session, file, clinic, yes=False)
        at = session.scalars(select(FurtherConsent.at)).one()
    page = pcp.get(f"{place}?lang=en").text
    assert re.search(r"said no to the face\.</b> [^<]*\d[^<]* · Parent · On screen<", page)
    assert "has not said yes to this on its own page" not in page
    told = {"consent_by": "guardian", "consent_method": "verbal", "consent_language": "es"}
    ticked = {"face_policy": "face_is_finding", "face_consent": "yes", **told}
    refused = post(pcp, f"{place}/faces?lang=en", {**ticked, **opened(pcp, file)})
    assert (refused.status_code, refused.text.count("only if they changed their mind")) == (422, 2)
    assert state_of(runtime, file).state == AttachmentState.READY
    seen = opened(pcp, file)
    assert post(pcp, f"{place}/faces", {**ticked, "after_no": "yes", **seen}).status_code == 303
    with runtime.database.reading() as session:
        rows = session.scalars(select(FurtherConsent).order_by(FurtherConsent.id)).all()
    assert [(row.is_given, row.given_by) for row in rows] == [(False, "parent"), (True, "guardian")]
    assert state_of(runtime, file).face_policy == "face_is_finding"
    decided_at = state_of(runtime, file).decided_at
    assert decided_at is not None
    assert decided_at >= at


def test_after_the_end_no_yes_to_the_face_is_made_up(
    browser_of: BrowserOf, runtime: Runtime, clinic: Clinic, file: Attachment
) -> None:
    with runtime.database.writing() as session:
        session.get_one(Consult, file.consult_id).ended_at = datetime.now(UTC)
    pcp = browser_of(clinic.pcp)
    told = {"face_policy": "face_is_finding", "face_consent": "yes", "consent_by": "parent", "consent_method": "verbal"}
    refused = post(pcp, f"/reviews/{file.public_id}/faces?lang=en", {**told, **opened(pcp, file)})
    assert (refused.status_code, state_of(runtime, file).face_policy) == (422, None)
    assert "no yes can be written down" in refused.text
