"""What is of another family of the same program answers like what is not there, whoever of whatever role asks for it.

Every page that takes an id, by everybody whose role may come there, with a child of another clinic, its caregiver, its
requests and files; and their own child's page with somebody else's caregiver, file or message. Nothing is done by it,
and no list of anybody tells of that child.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econsult.consults import requests, threads
from econsult.consults.attachments import AttachmentState, MediaKind, Received, Rendition, receive
from econsult.consults.intake import Upload
from econsult.consults.presence import Presence
from econsult.consults.records import Consult
from econsult.consults.requests import RequestForm, SubmitForm
from econsult.database import new_public_id
from econsult.people.consent import ConsentGiven
from econsult.people.invitations import invite
from econsult.people.patients import Patient, add_patient
from econsult.people.persons import Person, Role
from econsult.tables import METADATA
from econsult.trail import AuditEvent
from tests.personas import TARGETS, Clinic
from tests.web.browsing import token_from
from tests.web.conftest import BrowserOf
from tests.web.test_foreign_ids import said
from tests.web.test_who_may import CAREGIVER, CLINIC, DESK, INVITED, NURSE, SPECIALIST, WHO, YOUTH
from workers.runtime import Runtime

NOBODY = "0" * 32
PEOPLE = {CAREGIVER: "mother", CLINIC: "pcp", NURSE: "nurse", SPECIALIST: "derm", DESK: "coordinator"}
OF_CHILD = ("/families/", "/family/children/", "/invitations/", "/clinic/phone/", "/coordination/ages/")
OF_CONSULT = ("/consults/", "/family/", "/invited/", "/calls/", "/clinic/requests/", "/coordination/")
OWN = ("/account/", "/sentences/", "/program/", "/clinic/mail/", "/stops/", "/unreached/", "/privacy/")
"""Pages that lead to no child by an id: one's own things, and what everybody of the role shares."""
FAMILIES = CAREGIVER + YOUTH + INVITED
DOORS = {
    "GET /media/<rendition_id>": FAMILIES + CLINIC + NURSE + SPECIALIST,
    "GET /media/papers/<attachment_id>": FAMILIES + CLINIC + NURSE + SPECIALIST,
    "GET /uploads/<upload_id>": FAMILIES + CLINIC + NURSE,
    "DELETE /uploads/<upload_id>": FAMILIES + CLINIC + NURSE,
    "GET /api/v1/attachments/<attachment_id>/report": CLINIC + NURSE + SPECIALIST,
    # Of which the form alone names the child.
    "POST /clinic/ask": CLINIC + NURSE,
}
LISTS = ("GET /api/v1/patients", "GET /api/v1/consults", "GET /api/v1/worklist")
WORDS = {"text": "Words", "reason": "Why this is", "verb": "ask", "lane": "family", "emergency": "no"}
SECRET = "Zacarías"
PRIVATE = "Confianza"
HIDDEN = (SECRET, "Sam Sample")
ALSO = {
    NURSE: ("Luz Prueba",),
    CAREGIVER: (PRIVATE,),
    INVITED: ("Luz Prueba", PRIVATE),
    SPECIALIST: ("Luz Prueba", PRIVATE),
}
"""What else no list of somebody's says."""
Ids = dict[str, list[str]]


@dataclass
class Asker:
    """Somebody, ids of their own family, and ids of others; `hidden` is what no list of theirs may say."""

    person: Person
    own: Ids
    other: Ids
    hidden: tuple[str, ...]


def now() -> datetime:
    return datetime.now(UTC)


def _asked(session: Session, author: Person, child: Patient, *, words: str = SECRET, is_sent: bool = True) -> Consult:
    form = RequestForm(
        kind="econsult" if author.is_staff else "family_question",
        specialty="neurology" if author.is_staff else None,
        question=f"{words}: is this a nerve, and what should we do about it now?",
        question_type="diagnosis",
        details={"body_site": "leg", "red_flags": []},
        consent=ConsentGiven("youth" if author.role == Role.YOUTH else "parent", "electronic", "es"),
    )
    draft = requests.create(session, author, child, form, now=now())
    return requests.submit(session, draft, author, SubmitForm(), now=now(), targets=TARGETS) if is_sent else draft


def _files(session: Session, consult: Consult, sender: Person) -> Ids:
    """A file that is shown, one that is held and one on its way, all from this sender."""
    found: Ids = {"attachment": [], "rendition": [], "upload": []}
    for state, name in ((AttachmentState.READY, "page-1"), (AttachmentState.HELD, "review")):
        file = receive(
            session, consult, Received(new_public_id(), MediaKind.LAB_DOCUMENT, 9, "", b"k", sender.id), now()
        )
        file.state, file.report = state, {"kind": "lab_document"}
        session.flush()
        shape = {"media_type": "image/webp", "width": 1, "height": 1, "size": 9, "sha256": "0", "key_wrapped": b"k"}
        copy = Rendition(attachment_id=file.id, name=name, object_id=file.public_id, blob_key=file.public_id, **shape)
        session.add(copy)
        session.flush()
        found["attachment"] += [file.public_id]
        found["rendition"] += [copy.public_id]
    row = {"program_id": consult.program_id, "kind": "photo", "reserved": 9, "length": 9, "key_wrapped": b"k"}
    coming = Upload(
        owner_id=sender.id, consult_id=consult.id, created_at=now(), expires_at=now().replace(year=2999), **row
    )
    session.add(coming)
    session.flush()
    found["upload"].append(coming.public_id)
    return found


def _nurses_child(runtime: Runtime, session: Session, clinic: Clinic) -> Patient:
    known = {"name": "Nora Nueva", "birth_date": "2020-01-15", "organization": clinic.home, "now": now()}
    key = runtime.vault.new_patient_key(session, clinic.program)
    return add_patient(session, clinic.program, key_wrapped=key, registered_by=clinic.nurse, **known)


@pytest.fixture
def askers(runtime: Runtime, clinic: Clinic, guest: Person, youth: Person) -> dict[str, Asker]:
    people = {letter: getattr(clinic, name) for letter, name in PEOPLE.items()} | {INVITED: guest, YOUTH: youth}
    with runtime.database.writing() as session:
        child = _nurses_child(runtime, session, clinic)
        econsult, question = clinic.claimed(session, now=now()), clinic.family_question(session, now=now())
        nurses = _asked(session, clinic.nurse, child, words="Mine", is_sent=False)
        draft = clinic.family_draft(session, now=now())
        theirs = _asked(session, clinic.other_pcp, clinic.other_child)
        family = _asked(session, clinic.stranger, clinic.other_child)
        unsent = _asked(session, clinic.other_pcp, clinic.other_child, is_sent=False)
        private = _asked(session, youth, clinic.child, words=PRIVATE)
        said = threads.post(session, theirs, clinic.other_pcp, threads.Audience.FAMILY, text=SECRET, now=now())
        ticket = invite(session, clinic.other_pcp, clinic.other_child, "es", secret_key=runtime.secret_key, now=now())
        session.flush()
        common = {"child": [clinic.other_child.public_id], "person": [clinic.stranger.public_id]}
        common |= {"message": [said.public_id], "invitation": [ticket.public_id]}
        # What of their own program, and even of their own family, each of them must not open.
        kept = {CAREGIVER: private, CLINIC: draft, NURSE: econsult, SPECIALIST: family, INVITED: question, DESK: draft}
        found = {}
        for letter, person in people.items():
            # Sent while they still might, by themselves, or by somebody else of theirs.
            files, others = _files(session, theirs, person), _files(session, theirs, clinic.stranger)
            consults = [unsent if letter == DESK else theirs, kept.get(letter, family)]
            mine = nurses if letter == NURSE else econsult if person.is_staff else question
            # On their own request as well an upload is its sender's, and a file of a draft its sender's to take back.
            others["upload"] += _files(session, mine, clinic.derm2)["upload"]
            other = {**common, "consult": [each.public_id for each in consults]}
            other |= {kind: files[kind] + others[kind] for kind in files}
            also = _files(session, draft, clinic.derm2)["attachment"] if letter == CAREGIVER else []
            other["remove"] = other["attachment"] + also
            own = {"child": [(child if letter == NURSE else clinic.child).public_id], "consult": [mine.public_id]}
            own["draft"] = [draft.public_id]
            found[letter] = Asker(person, own, other, hidden=HIDDEN + ALSO.get(letter, ()))
    return found


def routes(letter: str) -> Iterator[tuple[str, str, list[str]]]:
    """Method, rule and kinds of ids of every page that leads this role to a child by an id."""
    for page, roles in (WHO | DOORS).items():
        method, _, rule = page.partition(" ")
        names = re.findall(r"<(?:int:)?(\w+)>", rule)
        if letter in roles and (names or page in DOORS) and not rule.startswith(OWN):
            first = "child" if rule.startswith(OF_CHILD) else "consult" if rule.startswith(OF_CONSULT) else ""
            kinds = [name.removesuffix("_id") for name in names] or ["child"]
            kinds = ["remove" if kind == "attachment" and rule.endswith("/remove") else kind for kind in kinds]
            yield method, rule, [first, *kinds[1:]] if first else kinds


class Browser:
    """A browser of one asker, whose forms carry their proof."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.proof = client, token_from(client.get("/nowhere").text)

    def ask(self, method: str, rule: str, ids: list[str]) -> tuple[int, str]:
        left = iter(ids)
        path = re.sub(r"<[^>]+>", lambda _: next(left), rule)
        fields = None if method == "GET" else {**WORDS, "csrf_token": self.proof, "child": ids[0]}
        headers = {"X-CSRF-Token": self.proof, "Tus-Resumable": "1.0.0"}
        return said(self.client.open(path, method=method, data=fields, headers=headers), *ids)


def surprises(asker: Asker, letter: str, browser: Browser) -> tuple[list[tuple[str, ...]], int]:
    """Which pages tell one of somebody else's ids from one that there is not, and how many were asked with."""
    wrong: list[tuple[str, ...]] = []
    count = 0
    for method, rule, kinds in routes(letter):
        for place, kind in enumerate(kinds[:2]):
            # Their own of the first kind, so that nothing but the second is not theirs.
            first = "draft" if rule.startswith("/family/ask/") else kinds[0]
            before, after = asker.own.get(first, [])[:place], [NOBODY] * (len(kinds) - place - 1)
            others = [] if (letter, kind) == (DESK, "child") else asker.other.get(kind, [])
            nobody = browser.ask(method, rule, [*before, NOBODY, *after]) if others else None
            told = [wanted for wanted in others if browser.ask(method, rule, [*before, wanted, *after]) != nobody]
            wrong += [(letter, method, rule, kind)] * len(told)
            count += len(others)
    return wrong, count


def told(asker: Asker, letter: str, browser: Browser) -> list[tuple[str, ...]]:
    """The pages without an id that tell of somebody whom the asker may not know; the desk may know everybody."""
    own = [page for page, roles in WHO.items() if letter in roles and page.startswith("GET") and "<" not in page]
    seen = {page: browser.ask("GET", page.removeprefix("GET "), [NOBODY])[1] for page in (*own, *LISTS)}
    hidden = () if letter == DESK else asker.hidden
    return [(letter, page, word) for page, text in seen.items() for word in hidden if word in text]


def test_no_page_tells_anybody_what_is_not_theirs(
    runtime: Runtime, clinic: Clinic, askers: dict[str, Asker], browser_of: BrowserOf
) -> None:
    browsers = {letter: Browser(browser_of(asker.person)) for letter, asker in askers.items()}
    wrong: list[tuple[str, ...]] = []
    before, count = _rows(runtime, clinic.other_child), 0
    for letter, asker in askers.items():
        found, asked = surprises(asker, letter, browsers[letter])
        wrong, count = wrong + found, count + asked
    assert (wrong, count > 600) == ([], True), count
    assert _rows(runtime, clinic.other_child) == before
    assert [each for letter, asker in askers.items() for each in told(asker, letter, browsers[letter])] == []


def _rows(runtime: Runtime, child: Patient) -> dict[str, int]:
    """How many rows there are of everything; in the trail, and of who looks, of this child: one's own is read too."""
    with runtime.database.reading() as session:
        counts = {table: select(func.count()).select_from(table) for table in METADATA.sorted_tables}
        trail = AuditEvent.__table__
        counts[trail] = counts[trail].where(AuditEvent.patient_id == child.id)
        looks = Presence.__table__
        theirs = select(Consult.id).where(Consult.patient_id == child.id)
        counts[looks] = counts[looks].where(Presence.consult_id.in_(theirs))
        return {table.name: session.scalars(query).one() for table, query in counts.items()}
