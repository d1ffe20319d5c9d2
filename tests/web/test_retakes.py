"""A photo is asked for again on the pages: drawing without scripts, what is refused, and who is shown what."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from econsult.consults.attachments import Attachment, AttachmentState, MediaKind
from econsult.consults.marks import MOST_MARKS
from econsult.consults.records import Consult
from econsult.consults.requests import withdraw
from econsult.consults.retakes import Retake
from econsult.consults.sealing import Withdrawing, withdraw_consent
from econsult.notices import Notice
from tests.personas import Clinic
from tests.web.browsing import post, token_from
from tests.web.conftest import BrowserOf
from tests.web.filing import file_ready
from web.showing.marks import PLACEABLE, SIZES, path_of, placed
from web.words.marks import PLACES, place_of
from workers.copies import Made
from workers.runtime import Runtime

NOW = datetime.now(UTC) - timedelta(minutes=30)
COPIES = [Made("thumb", "image/jpeg", b"x", 320, 240), Made("view", "image/jpeg", b"y", 2000, 1500)]
BOX = {"shape": "box", "points": [[0.1, 0.2], [0.4375, 0.6]]}
BOX_PATH = "M200 300H875V900H200Z"
Held = tuple[Consult, Attachment]


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic) -> Held:
    """An eConsult that the dermatologist holds, with a photo of the mother's."""
    with runtime.database.writing() as session:
        consult = clinic.claimed(session, now=NOW)
    return consult, file_ready(runtime, consult, clinic.mother, MediaKind.PHOTO, COPIES, NOW, view="close")


def case(held: Held) -> str:
    return f"/consults/{held[0].public_id}"


def draw(browser_of: BrowserOf, clinic: Clinic, held: Held, verb: str = "save", **fields: Any) -> Any:
    """What the dermatologist presses; `marks` is what was drawn before."""
    marks = fields.pop("marks", [])
    given = {
        "verb": verb,
        "drawing": json.dumps(marks) if isinstance(marks, list) else marks,
        "lane": "family",
        **fields,
    }
    return post(browser_of(clinic.derm), f"{case(held)}/marks/{held[1].public_id}", given, form_at=case(held))


def ask(browser_of: BrowserOf, clinic: Clinic, held: Held, lane: str = "family") -> Any:
    fields = {"lane": lane, "verb": "ask", "text": "", "photo": held[1].public_id, "confirmed": "yes"}
    return post(browser_of(clinic.derm), f"{case(held)}/messages", fields, form_at=case(held))


def kept(runtime: Runtime) -> list[Retake]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Retake).order_by(Retake.id)))


def test_marks_are_placed_by_words_without_scripts(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: Held
) -> None:
    led = draw(browser_of, clinic, held, "add", shape="ellipse", place="nw", size="small", words="closer", sheet="1")
    assert led.location == f"{case(held)}?sheet=1&marking=1"
    page = browser_of(clinic.derm).get(led.location).text
    assert "<li>Circle, top left</li>" in page
    assert 'value="closer" checked' in page
    (draft,) = kept(runtime)
    marks = draft.told["marks"]
    draw(browser_of, clinic, held, "add", marks=marks, words="closer", shape="arrow", place="se", size="medium")
    two = kept(runtime)[0].told["marks"]
    assert [mark["shape"] for mark in two] == ["ellipse", "arrow"]
    draw(browser_of, clinic, held, "undo", marks=two, words="closer")
    assert kept(runtime)[0].told["marks"] == marks
    asked = draw(browser_of, clinic, held, "ask", marks=marks, words="closer", sheet="1")
    assert asked.location == f"{case(held)}?lane=family&sheet=1&again={held[1].public_id}#missing"
    page = browser_of(clinic.derm).get(asked.location).text
    assert f'name="photo" value="{held[1].public_id}" checked' in page
    draw(browser_of, clinic, held, "clear", marks=marks)
    assert kept(runtime) == []


@pytest.mark.parametrize("shape", PLACEABLE)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", SIZES)
def test_what_is_placed_by_words_lies_where_the_words_say(shape: str, place: str, size: str) -> None:
    mark = placed(shape, place, size)
    assert all(0 <= number <= 1 for point in mark.points for number in point)
    # A large mark at an edge is cut there, and its middle moves inwards; an arrow points at its place always.
    if shape == "arrow" or size == "small":
        assert place_of(mark) == place
    assert path_of(mark, 2000, 1500).startswith("M")


NO_DRAWINGS: list[tuple[str, dict[str, Any], str]] = [
    ("save", {"marks": [BOX] * (MOST_MARKS + 1)}, "too many marks"),
    ("add", {"marks": [BOX] * MOST_MARKS, "shape": "box", "place": "c", "size": "small"}, "too many marks"),
    ("save", {"marks": [{"shape": "box", "points": [[0, 0], [2, 2]]}]}, "cannot be kept"),
    ("save", {"marks": '[{"shape": "box", "points": [[0, 0], [NaN, 1]]}]'}, "cannot be kept"),
    ("save", {"marks": '[{"shape": "box", "points": [[0, 0], [1e999, 1]]}]'}, "cannot be kept"),
    ("save", {"marks": "[[[["}, "cannot be kept"),
    ("save", {"marks": "[" * 30_000}, "cannot be kept"),
    ("save", {"marks": "null"}, "cannot be kept"),
    ("save", {"marks": json.dumps([BOX]) + " " * 40_000}, "cannot be kept"),
    ("save", {"marks": [{"shape": "box", "points": [[0.5, 0.5], [0.501, 0.5]]}]}, "too small"),
    ("save", {"words": "call me"}, "cannot be kept"),
    ("add", {"shape": "line", "place": "c", "size": "small"}, "cannot be kept"),
    ("add", {"shape": "box", "place": "here", "size": "small"}, "cannot be kept"),
]


def test_what_is_no_drawing_is_one_sentence_and_loses_nothing(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: Held
) -> None:
    draw(browser_of, clinic, held, marks=[BOX])
    for verb, fields, words in NO_DRAWINGS:
        refused = draw(browser_of, clinic, held, verb, **fields)
        assert (refused.status_code, words in refused.text) == (422, True), fields
        assert kept(runtime)[0].told["marks"] == [BOX]


def test_a_script_hears_how_it_stands(clinic: Clinic, browser_of: BrowserOf, held: Held) -> None:
    derm = browser_of(clinic.derm)
    path = f"{case(held)}/marks/{held[1].public_id}"
    given = {"csrf_token": token_from(derm.get(case(held)).text), "drawing": json.dumps([BOX]), "verb": "save"}
    told = derm.post(path, data=given, headers={"Accept": "application/json"})
    assert (told.status_code, told.json["marks"], told.json["told"]) == (200, [BOX], ["Box, left"])
    assert "Others see it once you have asked" in told.json["saved"]
    told = derm.post(path, data={**given, "drawing": "[7]"}, headers={"Accept": "application/json"})
    assert (told.status_code, told.json) == (422, {"problem": "This mark cannot be kept."})


def test_what_is_no_photo_of_this_request_cannot_be_marked(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: Held
) -> None:
    with runtime.database.writing() as session:
        other = clinic.claimed(session, now=NOW)
    foreign = file_ready(runtime, other, clinic.mother, MediaKind.PHOTO, COPIES, NOW)
    film = file_ready(runtime, held[0], clinic.mother, MediaKind.VIDEO, [Made("play", "video/mp4", b"x", 9, 9)], NOW)
    paper = file_ready(
        runtime, held[0], clinic.mother, MediaKind.LAB_DOCUMENT, [Made("page-1", "image/jpeg", b"x", 9, 9)], NOW
    )
    assert draw(browser_of, clinic, (held[0], foreign), marks=[BOX]).status_code == 404
    for file in (film, paper):
        refused = draw(browser_of, clinic, (held[0], file), marks=[BOX])
        assert refused.status_code == 422
        assert "Only a photo can be marked." in browser_refusal(browser_of, clinic, held, file)
    with runtime.database.writing() as session:
        session.execute(update(Attachment).where(Attachment.id == held[1].id).values(state=AttachmentState.HELD))
    refused = ask(browser_of, clinic, held)
    assert refused.status_code == 422
    assert "This photo cannot be looked at now" in refused.text
    with runtime.database.reading() as session:
        assert session.get_one(Consult, held[0].id).status == "claimed"
    assert kept(runtime) == []
    # The message was refused with what it asked for.
    assert "A better photo" not in browser_of(clinic.mother).get(f"/family/questions/{held[0].public_id}?lang=en").text


def browser_refusal(browser_of: BrowserOf, clinic: Clinic, held: Held, file: Attachment) -> str:
    fields = {"lane": "family", "verb": "ask", "text": "Again", "photo": file.public_id}
    return post(browser_of(clinic.derm), f"{case(held)}/messages", fields, form_at=case(held)).text


def test_only_the_holder_draws_and_sees_the_draft(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: Held
) -> None:
    draw(browser_of, clinic, held, marks=[BOX], words="ruler")
    assert BOX_PATH in browser_of(clinic.derm).get(case(held)).text
    pages = {
        clinic.derm2: case(held),
        clinic.pcp: case(held),
        clinic.coordinator: f"/coordination/{held[0].public_id}?lane=family",
        clinic.mother: f"/family/questions/{held[0].public_id}",
    }
    for person, path in pages.items():
        page = browser_of(person).get(path)
        assert (page.status_code, BOX_PATH in page.text) == (200, False)
    for person, status in ((clinic.derm2, 403), (clinic.pcp, 403), (clinic.other_pcp, 404), (clinic.neuro, 404)):
        path = f"{case(held)}/marks/{held[1].public_id}"
        assert post(browser_of(person), path, {"drawing": "[]"}).status_code == status
    assert kept(runtime)[0].told["marks"] == [BOX]


@pytest.mark.parametrize("lane", ["family", "clinicians"])
def test_sent_marks_are_shown_in_their_lane_with_as_much_of_the_photo_as_its_reader_may_see(
    clinic: Clinic, browser_of: BrowserOf, held: Held, lane: str
) -> None:
    draw(browser_of, clinic, held, marks=[BOX], words="ruler")
    assert ask(browser_of, clinic, held, lane).status_code == 303
    is_familys = lane == "family"
    pages = {
        clinic.mother: (f"/family/questions/{held[0].public_id}", is_familys, is_familys),
        clinic.pcp: (f"{case(held)}?lane={lane}", True, True),
        clinic.derm: (f"{case(held)}?lane={lane}", True, True),
        clinic.derm2: (f"{case(held)}?lane={lane}", False, False),
        clinic.coordinator: (f"/coordination/{held[0].public_id}?lane={lane}", is_familys, False),
    }
    for person, (path, is_shown, is_seen) in pages.items():
        page = browser_of(person).get(path).text
        _, _, guide = page.partition('<figure class="guide">')
        guide = guide.partition("</figure>")[0]
        assert (person.role, BOX_PATH in guide, "/media/" in guide) == (person.role, is_shown, is_seen)
        assert is_shown or "ruler" not in guide
    desk = browser_of(clinic.coordinator).get(f"/coordination/{held[0].public_id}?lane={lane}").text
    assert ("Drawn over the photo: Box, left" in desk.replace("</p>", " ")) == is_familys


def test_a_photo_is_asked_for_as_it_was_shown_before(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: Held
) -> None:
    """The family's page and what its writer was shown have the same picture, marks, title and words."""
    draw(browser_of, clinic, held, marks=[BOX], words="ruler")
    fields = {"lane": "family", "verb": "ask", "text": "", "photo": held[1].public_id, "items": "weight"}
    derm, at = browser_of(clinic.derm), f"{case(held)}/messages"
    shown = post(derm, at, fields, form_at=case(held))
    assert (shown.status_code, kept(runtime)[0].sent_at) == (200, None)
    asks = shown.text.partition('id="preview"')[2].partition("</section><form")[0]
    assert post(derm, at, {**fields, "confirmed": "yes"}, form_at=case(held)).status_code == 303
    page = browser_of(clinic.mother).get(f"/family/questions/{held[0].public_id}?lang=en").text
    guides = [text.partition('<figure class="guide">')[2].partition("</figure>")[0] for text in (asks, page)]
    parts = [[BOX_PATH in guide, "/media/" in guide, re.findall("<li>(.*?)</li>", guide)] for guide in guides]
    assert parts[0] == parts[1] == [True, True, parts[0][2]]
    (shown_list,), (read_list,) = (
        re.findall('<ul class="dots">((?:<li>[^<]*</li>)+)</ul></div></div>', text) for text in (asks, page)
    )
    assert shown_list == read_list
    assert "Weight today" in read_list


def test_one_photo_is_taken_back_and_the_family_is_asked_for_it_no_more(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: Held
) -> None:
    derm, mother, where = browser_of(clinic.derm), browser_of(clinic.mother), f"/family/questions/{held[0].public_id}"
    fields = {"lane": "family", "verb": "ask", "text": "", "items": "weight", "photo": held[1].public_id}
    assert post(derm, f"{case(held)}/messages", {**fields, "confirmed": "yes"}, form_at=case(held)).status_code == 303
    (sent,) = kept(runtime)
    page = derm.get(f"{case(held)}?lane=family").text
    (message,) = set(re.findall(r"/messages/(\w{32})/take-back", page))
    assert re.findall(r'name="what" value="(\w+)"', page) == ["0", "1"]
    at = f"{case(held)}/messages/{message}/take-back"
    for person, status in ((clinic.derm2, 403), (clinic.pcp, 403), (clinic.stranger, 403)):
        assert post(browser_of(person), at, {"what": "1"}).status_code == status
    assert post(derm, at, {"what": "9"}).status_code == 404
    before = mother.get(where).text
    assert f"/again/{sent.public_id}" in before
    assert "Una foto mejor" in before
    assert post(derm, at, {"what": "1"}).location.endswith("lane=family&said=unasked")
    page = mother.get(where).text
    again = f"/again/{sent.public_id}"
    assert (again in page, "Una foto mejor" in page, page.count("Peso de hoy")) == (False, False, 1)
    assert mother.get(f"{where}/again/{sent.public_id}").location == where
    assert "Taken back:" in derm.get(f"{case(held)}?lane=family").text
    assert post(derm, at, {"what": "0"}).status_code == 303
    page = mother.get(where).text
    assert ("Ya no necesitamos esto." in page, "Weight today" in page) == (True, False)
    with runtime.database.reading() as session:
        assert session.get_one(Consult, held[0].id).status == "claimed"
        kinds = list(session.scalars(select(Notice.kind).where(Notice.person_id == clinic.mother.id)))
        assert kinds.count("less_needed") == 1


def test_the_page_of_a_retake_leads_away_where_no_photo_is_taken(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: Held
) -> None:
    draw(browser_of, clinic, held, marks=[BOX])
    assert ask(browser_of, clinic, held).status_code == 303
    (sent,) = kept(runtime)
    mother, where = browser_of(clinic.mother), f"/family/questions/{held[0].public_id}"
    page = mother.get(f"{where}/again/{sent.public_id}")
    assert (page.status_code, BOX_PATH in page.text, f'name="photo:{sent.public_id}"' in page.text) == (200, True, True)
    assert "Elija una foto primero" in mother.get(f"{where}/again/{sent.public_id}?sent=0").text
    for path in (f"{where}/again/{'0' * 32}", f"/family/questions/{'0' * 32}/again/{'0' * 32}"):
        assert mother.get(path).status_code == 404
    assert browser_of(clinic.stranger).get(f"{where}/again/{sent.public_id}").status_code == 404
    assert browser_of(clinic.pcp).get(f"{case(held)}/again/{sent.public_id}").status_code == 200
    assert browser_of(clinic.nurse).get(f"{case(held)}/again/{sent.public_id}").status_code == 404
    with runtime.database.writing() as session:
        withdraw(session, session.get_one(Consult, held[0].id), clinic.pcp, "", now=NOW)
    assert mother.get(f"{where}/again/{sent.public_id}").location == where
    assert BOX_PATH not in mother.get(where).text.partition("<h1>")[2].partition("<section")[0]


def test_with_the_photos_the_marks_are_sealed_as_well(
    runtime: Runtime, clinic: Clinic, browser_of: BrowserOf, held: Held
) -> None:
    draw(browser_of, clinic, held, marks=[BOX])
    ask(browser_of, clinic, held)
    (sent,) = kept(runtime)
    with runtime.database.writing() as session:
        told = Withdrawing("parent", "verbal", "es")
        consult = session.get_one(Consult, held[0].id)
        withdraw_consent(session, runtime.vault, consult, clinic.pcp, told, now=NOW)
    for person, path in ((clinic.mother, "/family/questions/{}"), (clinic.pcp, "/consults/{}?lane=family")):
        assert BOX_PATH not in browser_of(person).get(path.format(held[0].public_id)).text
    assert (
        browser_of(clinic.mother).get(f"/family/questions/{held[0].public_id}/again/{sent.public_id}").status_code
        == 404
    )
