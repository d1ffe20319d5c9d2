"""Everybody posts at random, and reads everything: nothing is ever read outside of its lane, before or after signing.

What is written, drafted and drawn carries a number of its own. Who may read it is said here by hand, from the table of
roles in the security documents and from a few facts of the database (who holds it, who signed it, whether the family
may read the answer); the program's own rules of access are not asked. `-m slow` posts ten thousand times, of which one
in five is taken; a post costs 65 ms with its share of the looks, so that it ends in a quarter of an hour alone.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from econsult.consults import holding
from econsult.consults.answers import Answer
from econsult.consults.attachments import Attachment, MediaKind
from econsult.consults.lifecycle import OPEN
from econsult.consults.records import Consult
from econsult.consults.sides import side_of
from econsult.people.persons import Person, specialties_of
from econsult.people.signin import make_token, open_session
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import SESSION, token_from
from tests.web.filing import file_ready
from workers.copies import Made
from workers.runtime import Runtime

NORMAL, SEASON, SEASONS = 100, 500, 20
LOOK_EVERY = 80
NOW = datetime.now(UTC) - timedelta(minutes=30)
SIDE = 10_000
"""The pixels of each photo: a mark's place in a page is its number then, and in JSON a ten-thousandth of it."""
NAMES = (
    *("mother", "stranger", "youth", "guest", "pcp", "other_pcp", "derm", "derm2", "neuro"),
    *("coordinator", "nurse", "director", "admin", "officer"),
)
FAMILYS, READERS = ("mother", "stranger", "youth", "guest"), ("director", "admin", "officer")
"""Who writes by the pages of families, and who by none."""
LANES = ("family", "clinicians", "coordination")
TEXT = re.compile(r"zq(\d+)q")
JSON_MARK, PATH_MARK = re.compile(r"\[0\.(\d+), ?0\.0777\]"), re.compile(r"M(\d+) 777L")


@dataclass(frozen=True)
class Secret:
    """One thing that was said: `kind` is a lane, "answer", "second" (a question to a colleague) or "draft" (marks)."""

    kind: str
    consult: int
    author: str


@dataclass
class Facts:
    """What the database says of one consult at the moment of a look."""

    holder: str
    signers: set[str]
    is_open: bool
    written: list[tuple[str, bool, bool]]
    """Each version of its answer as it is kept: what it says, whether it was signed, whether the family may read it."""
    second: str
    asked: set[str]
    presenter: str = ""

    def state_of(self, code: str) -> str:
        """What became of the words of an answer: released, signed, a draft, or nowhere."""
        found = [each for each in self.written if f"zq{code[1:]}q" in each[0]]
        if any(is_released for _text, _is_signed, is_released in found):
            return "released"
        if any(is_signed for _text, is_signed, _is_released in found):
            return "signed"
        return "draft" if found else "nowhere"


@dataclass
class Town:
    """The people, their requests, and everything that was said so far."""

    runtime: Runtime
    clinic: Clinic
    client: FlaskClient
    dice: random.Random
    consults: list[int]
    photos: dict[int, str]
    others: dict[str, Person]
    """Those whom a small clinic has not: the young person, a device that was invited, the privacy officer."""
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    proofs: dict[str, str] = field(default_factory=dict)
    said: dict[str, Secret] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    taken: dict[str, int] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        return self.others.get(name) or getattr(self.clinic, name)

    def enter(self) -> None:
        now = datetime.now(UTC)
        with self.runtime.database.writing() as session:
            for name in NAMES:
                person = self.person(name)
                self.tokens[name] = make_token(session, person, now)
                self.sessions[name] = open_session(session, person, now)
        for name in NAMES:
            self.proofs[name] = token_from(self.page(name, "/nowhere").text)

    def api(self, name: str, method: str, path: str, body: Any = None) -> Any:
        self.client.delete_cookie(SESSION)
        named = {"Authorization": f"Bearer {self.tokens[name]}"}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=named)

    def page(self, name: str, path: str, fields: dict[str, Any] | None = None, *, is_script: bool = False) -> Any:
        self.client.set_cookie(SESSION, self.sessions[name])
        if fields is None:
            return self.client.get(path)
        headers = {"Accept": "application/json"} if is_script else {}
        return self.client.post(path, data={"csrf_token": self.proofs[name], **fields}, headers=headers)

    def public(self, number: int) -> str:
        with self.runtime.database.reading() as session:
            return session.get_one(Consult, number).public_id

    def facts(self, session: Session, number: int) -> Facts:
        consult = session.get_one(Consult, number)
        names = {self.person(name).id: name for name in NAMES}
        answers = session.scalars(select(Answer).where(Answer.consult_id == number)).all()
        side = side_of(session, number)
        asked: set[str] = set()
        if side is not None:
            asked = {name for name in ("derm", "derm2", "neuro") if self._is_asked(session, name, side.specialty)}
        return Facts(
            holder=names.get(consult.holder_id or 0, ""),
            signers={names[each.author_id] for each in answers if each.signed_at is not None},
            is_open=consult.status in OPEN,
            written=[
                (json.dumps(each.content), each.signed_at is not None, each.released_at is not None) for each in answers
            ],
            second=names.get(side.holder_id or 0, "") if side else "",
            asked=asked,
            presenter="nurse" if consult.requester_id == self.clinic.nurse.id else "",
        )

    def _is_asked(self, session: Session, name: str, specialty: str) -> bool:
        return specialty in specialties_of(session, getattr(self.clinic, name))


HOUSEHOLD = {"mother", "youth"}
"""Nothing here is kept from the mother, so that both of them read the same."""


def may_read(secret: Secret, code: str, facts: Facts) -> set[str]:
    """Who may, by hand: the table of who may see what."""
    # Whoever holds it, and whoever signed an answer to it, for good.
    specialists = ({facts.holder} if facts.is_open else set()) | facts.signers
    match secret.kind:
        case "family":
            # The telepresenter who put the question sits beside the family.
            return {*HOUSEHOLD, "pcp", "coordinator", facts.presenter} | specialists
        case "clinicians" | "asked":
            # A request for information, its marks, and what the telepresenter who asked replies, are theirs as well.
            addressed = {facts.presenter} if secret.kind == "asked" else set()
            return {"pcp"} | specialists | ({facts.second} if facts.is_open else set()) | addressed
        case "coordination":
            return {"pcp", "coordinator"}
        case "second":
            return {"pcp"} | specialists | facts.asked | {facts.second}
        case "answer":
            # A draft is read by whoever holds the consult, in a second round too; signed it is the clinic's, released
            # the family's. What was written over nobody reads any more.
            staff = {"pcp", "coordinator", facts.holder} | facts.signers
            by_state = {"draft": {facts.holder}, "signed": staff, "released": staff | HOUSEHOLD}
            return by_state.get(facts.state_of(code), set())
        case _:
            return {secret.author}


def look(town: Town, consults: list[int], names: tuple[str, ...] = NAMES) -> None:
    """Everybody, or these, read every page of these requests and every answer of the API about them."""
    with town.runtime.database.reading() as session:
        # Lists show requests of earlier seasons too.
        facts = {number: town.facts(session, number) for number in {secret.consult for secret in town.said.values()}}
    for name in names:
        texts = [*_lists(town, name)]
        texts += [text for number in consults for text in _everything(town, name, town.public(number))]
        for code in {code for text in texts for code in _codes(text)}:
            secret = town.said.get(code)
            assert secret is not None, f"{name} reads {code}, which was refused"
            allowed = may_read(secret, code, facts[secret.consult])
            assert name in allowed, f"{name} reads {code}: {secret}, {facts[secret.consult]}"
            town.seen.add((secret.kind, name))


def _lists(town: Town, name: str) -> Iterator[str]:
    """What shows every consult at once, which one look needs once."""
    yield town.api(name, "GET", "/worklist").text
    pages = {
        **dict.fromkeys(HOUSEHOLD, ("/family", f"/family/children/{town.clinic.child.public_id}/seen")),
        **dict.fromkeys(("stranger", "guest"), ("/family",)),
        **dict.fromkeys(("derm", "derm2", "neuro"), ("/worklist",)),
        **dict.fromkeys(("director", "admin"), ("/program",)),
        "officer": ("/privacy/log", "/privacy"),
        "coordinator": ("/coordination",),
    }
    for path in pages.get(name, ("/clinic",)):
        yield town.page(name, path).text


def _everything(town: Town, name: str, consult: str) -> Iterator[str]:
    shown = town.api(name, "GET", f"/consults/{consult}")
    yield shown.text
    if shown.status_code == 200:
        for part in ("answers", "second", "steps", "results"):
            yield town.api(name, "GET", f"/consults/{consult}/{part}").text
    questions = f"/family/questions/{consult}"
    answers = (f"{questions}/answer", f"{questions}/answer/note.txt", f"{questions}/outcome", f"{questions}/sent")
    paths: dict[str, tuple[str, ...]] = {
        **dict.fromkeys(FAMILYS, (questions, f"{questions}/photos", *answers)),
        "officer": (f"/consults/{consult}",),
        "coordinator": tuple(f"/coordination/{consult}?lane={lane}" for lane in LANES),
        "director": (),
        "admin": (),
    }
    of_it = ("note.txt", "answer/preview", "correct", "outcome")
    case = (f"/consults/{consult}", *(f"/consults/{consult}?lane={lane}" for lane in LANES))
    case += tuple(f"/consults/{consult}/{page}" for page in of_it)
    for path in paths.get(name, case):
        yield town.page(name, path).text


def _codes(text: str) -> set[str]:
    """The numbers of everything that a text tells: of words, of marks as JSON, and of marks as a picture."""
    told = {f"t{code}" for code in TEXT.findall(text)}
    told |= {f"m{int(code.ljust(4, '0'))}" for code in JSON_MARK.findall(text)}
    return told | {f"m{int(code)}" for code in PATH_MARK.findall(text)}


def step(town: Town, number: int) -> None:
    """Somebody does something somewhere; what was taken is remembered, with who may read it."""
    dice = town.dice
    name, consult = dice.choice(NAMES), dice.choice(town.consults)
    act = dice.choices(list(ACTS), [weight for weight, _ in ACTS.values()])[0]
    with town.runtime.database.reading() as session:
        row = session.get_one(Consult, consult)
        public = row.public_id
        holder = next((each for each in NAMES if town.person(each).id == row.holder_id), "")
    # Most of what is the holder's to do is done by the holder; the rest are tries of others, which come to nothing.
    if act in HOLDERS and dice.random() < 0.7:
        name = holder or dice.choice(("derm", "derm2"))
    if act == "results" and dice.random() < 0.7:
        name = "pcp"
    known = dict(town.said)
    status = ACTS[act][1](town, name, consult, public, number)
    if status < 400:
        town.taken[act] = town.taken.get(act, 0) + 1
    else:
        town.said = known


def _post(town: Town, name: str, consult: int, public: str, number: int) -> int:
    lane = town.dice.choice(LANES)
    # Of the clinicians' lane a telepresenter goes on seeing what they wrote themselves.
    kind = "asked" if (lane, name) == ("clinicians", "nurse") else lane
    town.said[f"t{number}"] = Secret(kind, consult, name)
    body = {"audience": lane, "text": f"zq{number}q"}
    if town.dice.random() < 0.5 and name not in READERS:
        if name in FAMILYS:
            town.said[f"t{number}"] = Secret("family", consult, name)
            return int(town.page(name, f"/family/questions/{public}/messages", {"text": body["text"]}).status_code)
        return int(
            town.page(
                name, f"/consults/{public}/messages", {"lane": lane, "text": body["text"], "confirmed": "yes"}
            ).status_code
        )
    return int(town.api(name, "POST", f"/consults/{public}/messages", body).status_code)


def _mark(number: int) -> list[dict[str, Any]]:
    return [{"shape": "line", "points": [[number / SIDE, 0.0777], [0.9, 0.9]]}]


def _draw(town: Town, name: str, consult: int, public: str, number: int) -> int:
    if name in (*FAMILYS, *READERS, "coordinator", "nurse"):
        return 403
    town.said[f"m{number}"] = Secret("draft", consult, name)
    fields = {"drawing": json.dumps(_mark(number)), "verb": "save"}
    return int(town.page(name, f"/consults/{public}/marks/{town.photos[consult]}", fields, is_script=True).status_code)


def _ask(town: Town, name: str, consult: int, public: str, number: int) -> int:
    """With marks of its own, or with those that were drawn on the page before: then those are in the lane as well."""
    lane = town.dice.choice(LANES[:2])
    kind = "asked" if lane == "clinicians" else lane
    town.said[f"t{number}"] = Secret(kind, consult, name)
    retake: dict[str, Any] = {"attachment_id": town.photos[consult]}
    if town.dice.random() < 0.5:
        town.said[f"m{number}"] = Secret(kind, consult, name)
        retake["marks"] = _mark(number)
    else:
        for code, secret in town.said.items():
            if secret == Secret("draft", consult, name):
                town.said[code] = Secret(kind, consult, name)
    body = {"text": f"zq{number}q", "items": [f"zq{number}q"], "audience": lane, "retakes": [retake]}
    return int(town.api(name, "POST", f"/consults/{public}/request-info", body).status_code)


def _write(town: Town, name: str, consult: int, public: str, number: int) -> int:
    town.said[f"t{number}"] = Secret("answer", consult, name)
    body = {**ANSWER, "impression": f"zq{number}q", "family_summary": f"zq{number}q"}
    body |= {"disposition": town.dice.choice(("advice_only", "work_up_first"))}
    if town.dice.random() < 0.3:
        corrected = town.api(name, "POST", f"/consults/{public}/answer/correct", {**body, "reason": "It was wrong."})
        return int(corrected.status_code)
    return int(town.api(name, "POST", f"/consults/{public}/answer", body).status_code)


def _second(town: Town, name: str, consult: int, public: str, number: int) -> int:
    verb = town.dice.choice(("ask", "ask", "take", "reply", "take_back", "give_back"))
    body: dict[str, Any] = {"verb": verb}
    if verb == "ask":
        body |= {"text": f"zq{number}q", "specialty": "neurology"}
        town.said[f"t{number}"] = Secret("second", consult, name)
    elif verb == "reply":
        body |= {"text": f"zq{number}q"}
        town.said[f"t{number}"] = Secret("clinicians", consult, name)
    return int(town.api(name, "POST", f"/consults/{public}/second", body).status_code)


def _results(town: Town, name: str, consult: int, public: str, number: int) -> int:
    """By the API or from the page."""
    town.said[f"t{number}"] = Secret("clinicians", consult, name)
    awaited = (town.api("pcp", "GET", f"/consults/{public}/results").json or {}).get("awaited") or {"steps": []}
    steps = [step["id"] for step in awaited["steps"]]
    if town.dice.random() < 0.5:
        fields = {"step": steps, "words": f"zq{number}q", "urgency": "routine"}
        return int(town.page(name, f"/consults/{public}/results", fields).status_code)
    body = {"steps": steps, "words": f"zq{number}q"}
    return int(town.api(name, "POST", f"/consults/{public}/results", body).status_code)


def _verb(town: Town, name: str, consult: int, public: str, number: int) -> int:
    verb, body = town.dice.choice(VERBS)
    return int(town.api(name, "POST", f"/consults/{public}/{verb}", body).status_code)


VERBS: tuple[tuple[str, dict[str, Any]], ...] = (
    *[("claim", {})] * 4,
    ("release", {}),
    ("take-over", {"reason": "Away"}),
    ("answer/sign", {}),
    ("acknowledge", {}),
    ("reopen", {"reason": "Worse"}),
)
ACTS: dict[str, tuple[int, Any]] = {
    "post": (8, _post),
    "draw": (4, _draw),
    "ask": (3, _ask),
    "write": (2, _write),
    "second": (3, _second),
    "verb": (4, _verb),
    "results": (2, _results),
}
HOLDERS = ("draw", "ask", "write", "second", "verb")


@pytest.fixture
def others(guest: Person, youth: Person, officer: Person) -> dict[str, Person]:
    return {"youth": youth, "guest": guest, "officer": officer}


def _town(runtime: Runtime, clinic: Clinic, app: Flask, seed: int, others: dict[str, Person]) -> Town:
    copies = [Made(name, "image/jpeg", b"x", SIDE, SIDE) for name in ("thumb", "view")]
    with runtime.database.writing() as session:
        makers = (clinic.claimed, clinic.econsult, clinic.family_question)
        held, free, familys = (maker(session, now=NOW) for maker in makers)
        # One of a telepresenter, of whom a specialist asks more.
        free.requester_id = clinic.nurse.id
        holding.claim(session, familys, clinic.pcp, now=datetime.now(UTC), lease=LEASE)
        numbers = [held.id, free.id, familys.id]
    photos = {}
    for number in numbers:
        with runtime.database.reading() as session:
            consult = session.get_one(Consult, number)
        photo: Attachment = file_ready(runtime, consult, clinic.mother, MediaKind.PHOTO, copies, NOW)
        photos[number] = photo.public_id
    town = Town(runtime, clinic, app.test_client(), random.Random(seed), numbers, photos, others)
    town.enter()
    return town


def _hand_over(town: Town, number: int) -> None:
    """What chance brings too seldom: a request with a drawing and a draft goes into a colleague's hands."""
    consult = town.consults[0]
    public = town.public(consult)
    for act in (_draw, _write):
        assert act(town, "derm", consult, public, number) == 200
    town.said[f"t{number + 1}"] = Secret("second", consult, "derm")
    asked = {"verb": "ask", "text": f"zq{number + 1}q", "specialty": "neurology"}
    assert town.api("derm", "POST", f"/consults/{public}/second", asked).status_code == 200
    look(town, [consult])
    assert town.api("derm2", "POST", f"/consults/{public}/take-over", {"reason": "Away"}).status_code == 200
    look(town, [consult], ("derm", "derm2", "pcp", "mother"))


def _ask_the_presenter(town: Town, number: int) -> None:
    """What is asked of the telepresenter, and the words among clinicians around it."""
    consult = town.consults[1]
    public = town.public(consult)
    assert town.api("derm", "POST", f"/consults/{public}/claim").status_code == 200
    town.said[f"t{number}"] = Secret("asked", consult, "derm")
    assert (
        town.api(
            "derm",
            "POST",
            f"/consults/{public}/request-info",
            {
                "text": f"zq{number}q",
                "items": [f"zq{number}q"],
                "audience": "clinicians",
                "retakes": [{"attachment_id": town.photos[consult], "marks": _mark(number + 1)}],
            },
        ).status_code
        == 200
    )
    town.said[f"m{number + 1}"] = Secret("asked", consult, "derm")
    for place, (name, kind) in enumerate((("nurse", "asked"), ("derm", "clinicians"), ("pcp", "clinicians"))):
        code = number + 2 + place
        town.said[f"t{code}"] = Secret(kind, consult, name)
        body = {"audience": "clinicians", "text": f"zq{code}q"}
        assert town.api(name, "POST", f"/consults/{public}/messages", body).status_code == 201, name
    look(town, [consult], ("nurse", "derm", "pcp", "mother", "coordinator"))


def _ask_for_tests(town: Town, number: int) -> None:
    """Nor does chance often bring an answer that wants tests, its reading by the clinic, and their results."""
    consult = town.consults[0]
    at = f"/consults/{town.public(consult)}"
    town.said[f"t{number}"] = Secret("answer", consult, "derm2")
    words = {"impression": f"zq{number}q", "family_summary": f"zq{number}q", "disposition": "work_up_first"}
    for name, verb, body in (
        ("derm2", "answer", {**ANSWER, **words}),
        ("derm2", "answer/sign", {}),
        ("pcp", "acknowledge", {}),
    ):
        assert town.api(name, "POST", f"{at}/{verb}", body).status_code == 200, verb
    look(town, [consult], ("mother", "youth"))
    assert _results(town, "pcp", consult, town.public(consult), number + 1) < 400
    look(town, [consult])
    assert town.api("derm2", "POST", f"{at}/claim").status_code == 200


def _live(town: Town, first: int, posts: int) -> None:
    for number in range(first, first + posts):
        step(town, number)
        if number % LOOK_EVERY == 0:
            look(town, [town.dice.choice(town.consults)])
    look(town, town.consults)


def test_nothing_is_read_outside_of_its_lane(
    runtime: Runtime, clinic: Clinic, shell: Flask, others: dict[str, Person]
) -> None:
    town = _town(runtime, clinic, shell, 6, others)
    _hand_over(town, 1)
    _ask_for_tests(town, 3)
    _ask_the_presenter(town, 5)
    _live(town, 10, NORMAL)
    # The story had everything in it, and whoever may read does read.
    assert {"post", "draw", "ask", "write", "verb"} <= town.taken.keys()
    expected = {
        ("family", "mother"),
        ("family", "youth"),
        ("answer", "mother"),
        ("family", "pcp"),
        ("family", "coordinator"),
        ("clinicians", "pcp"),
    }
    expected |= {("second", "neuro"), ("coordination", "pcp"), ("coordination", "coordinator"), ("answer", "pcp")}
    expected |= {("asked", "nurse"), ("asked", "pcp")}
    assert expected - town.seen == set()
    assert {name for kind, name in town.seen if kind == "draft"} != set()


@pytest.mark.slow
@pytest.mark.timeout(2 * 3600)
def test_nothing_is_read_outside_of_its_lane_in_ten_thousand_posts(
    runtime: Runtime, clinic: Clinic, shell: Flask, others: dict[str, Person]
) -> None:
    """In seasons with requests of their own, so that no page grows without end; a mark's number has four digits."""
    seen: set[tuple[str, str]] = set()
    said: dict[str, Secret] = {}
    for season in range(SEASONS):
        town = _town(runtime, clinic, shell, season, others)
        town.said = said
        _live(town, season * SEASON + (season == 0), SEASON - (season == 0))
        seen, said = seen | town.seen, town.said
    assert len(seen) > 20
