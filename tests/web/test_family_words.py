"""What families read is short, plain and light: few words a sentence, no words of staff, few bytes a page."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from econsult.consults import answers, furtherance, holding, reopening, sealing, voice
from econsult.consults.contents import Disposition
from econsult.consults.plainness import GOAL, grade
from econsult.consults.records import Consult
from econsult.note import Edition, note_for
from econsult.notices import Notice, NoticeKind, letter
from econsult.people import consent, invitations, links
from econsult.people.patients import Patient
from econsult.reach.short import code_text, reading_code_letter, short_text
from econsult.templates.items import FAMILY as AUDIENCE
from econsult.templates.loading import built_in
from tests.personas import ANSWER, LEASE, Clinic
from tests.web.browsing import post
from tests.web.conftest import BrowserOf
from web.shell.assets import Assets
from web.showing.note import leaflet_of
from web.words.catalogues import FOLDER, read_part
from web.words.families import WHAT_NOW
from web.words.language import speaking
from workers.runtime import Runtime

LONGEST_SENTENCE = 20
NOW = datetime.now(UTC) - timedelta(hours=3)
LANGUAGES = ("en", "es")
OURS = {
    "en": "consult* referral* referred specialty specialties pool* queue* assign* claim claims claimed triag* desk sla "
    "disposition* pcp* provider* clinician* practitioner* overdue escalat* roster* shift* duty cycle* ledger* breach* "
    "request* attest* allocation* allocate* worklist* adopt* intake encounter* impression* handover* upload* pending",
    "es": "consult* interconsult* solicitud* remisi* derivaci* triaje triage proveedor* clínico* atrasad* escal* cola "
    "turno* guardia asignar asignad* asignaci* disposici* especialidad* adopt* reabr* subir carg* pendiente* plazo*",
}
"""The words of those who work here; a star stands for any end."""
BRAND = "eConsult"
FIRST_PAGE_BYTES = 60 * 1024


def letters_of(language: str) -> list[str]:
    """Whatever leaves the house for a family: by letter and by text message, of every kind, and with a code or link."""
    found = [
        text
        for kind in NoticeKind
        for text in (
            *letter(Notice(kind=kind, language=language), "", is_family=True),
            short_text(kind, language, "", is_family=True),
        )
    ]
    found += [code_text("", language), *reading_code_letter("", language)]
    for subjects, texts in ((links.SUBJECTS, links.TEXTS), (invitations.SUBJECTS, invitations.TEXTS)):
        found += [subjects[language], texts[language].replace("{link}", "")]
    return sorted(set(found))


def pages_of(language: str) -> list[str]:
    catalogue = read_part(FOLDER / "es" / "family.po", "es")
    both = [(message.id, message.string) for message in catalogue if message.id]
    told = [pair[language == "es"] for pair in both]
    return [text for each in told for text in ([each] if isinstance(each, str) else each)]


def forms_of(language: str) -> list[str]:
    """What the questionnaires ask a family."""
    forms = [form for form in built_in() if form.audience == AUDIENCE]
    assert len(forms) == 4
    items = [item for form in forms for item in form.by_link.values()]
    items += [column for item in items for column in item.items]
    words = [form.title for form in forms] + [item.words for item in items]
    words += [hint for item in items for hint in (item.hint,) if hint] + [
        each.words for item in items for each in item.options
    ]
    return sorted({each.in_language(language) for each in words})


def consents_of(language: str) -> list[str]:
    """What a family agrees to, and what it is told before it takes that back."""
    texts = [consent.TEXTS, voice.TEXTS, sealing.TEXTS, *furtherance.TEXTS.values()]
    return [str(each[language]) for each in texts]


def ours(text: str, language: str) -> list[str]:
    """The words in it that are not a family's."""
    known = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in OURS[language].split())
    return re.findall(rf"\b(?:{known})\b", text.replace(BRAND, "").casefold())


def hard(text: str, language: str) -> bool:
    """Whether a text in sentences is above the grade that families are promised; a label has none."""
    told = re.sub(r"%\(\w+\)[sd]|\{\w+\}", "Ana", text).strip()
    found = grade(told, language) if re.search(r"[.!?:]$", told) else None
    return found is not None and found > GOAL


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("texts_of", [letters_of, pages_of, forms_of, consents_of])
def test_families_are_told_in_plain_words_and_not_in_ours(language: str, texts_of: Callable[[str], list[str]]) -> None:
    texts = texts_of(language)
    assert len(texts) > 5
    assert {text: found for text in texts if (found := ours(text, language))} == {}
    assert [text for text in texts if hard(text, language)] == []


def test_all_that_a_family_is_sent_together_is_plain() -> None:
    """A text of less than ten words has no grade of its own: so it is taken with the others."""
    for language in LANGUAGES:
        assert (grade(" ".join(letters_of(language)), language) or 99) <= GOAL


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Several requests wait for you in the queue of eConsult.", "en", ["requests", "queue"]),
        ("Su solicitud está atrasada. La consulta espera turno.", "es", ["solicitud", "atrasada", "consulta", "turno"]),
        ("We got your question. Sign in to eConsult.", "en", []),
    ],
)
def test_the_words_of_staff_are_seen(text: str, language: str, found: list[str]) -> None:
    assert ours(text, language) == found


def test_a_hard_sentence_is_seen() -> None:
    text = "Additional documentation is necessary before the interdisciplinary evaluation can be completed."
    assert [hard(text, "en"), hard("Send us one more photo, so that we can see the arm of your child.", "en")] == [
        True,
        False,
    ]


WRITTEN = {**ANSWER, "family_summary": "Es un eccema.", "watch_for": "Fiebre", "spanish_how": "written"}
"""What a doctor wrote, whose words are judged while they are written; the paper's own are judged here."""
OTHERS = {str(WRITTEN["family_summary"]), str(WRITTEN["watch_for"]), WRITTEN["recommendations"][0]["text"]}


def words_of_paper(app: Flask, session: Session, clinic: Clinic, consult: Consult, version: int | None) -> list[str]:
    """What stands on the paper that the mother takes home, piece by piece, but for what a doctor wrote."""
    note = note_for(
        session,
        clinic.mother,
        consult.public_id,
        now=datetime.now(UTC),
        edition=Edition.FAMILY,
        version=version,
        how="pdf",
    )
    with app.test_request_context(), speaking(note.passed.patient.language):
        paper = leaflet_of(session, note)
    lines = [line for part in paper.parts for line in part.lines]
    pieces = [paper.title, paper.author, paper.footer, paper.page, paper.unprintable]
    pieces += [part.heading for part in paper.parts] + [text for line in lines for text in (line.text, line.beside)]
    assert set(pieces) >= OTHERS
    return [text for text in pieces if text and text not in OTHERS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_that_a_family_takes_home_is_plain(
    runtime: Runtime, browser_of: BrowserOf, clinic: Clinic, language: str
) -> None:
    """Whatever can stand on it: of every kind of answer, of one that was replaced, and of one that is open again."""
    mother = browser_of(clinic.mother)
    app, texts, pages = mother.application, set(), {}
    with runtime.database.writing() as session:
        session.get_one(Patient, clinic.child.id).language = language
        for disposition in Disposition:
            consult = clinic.claimed(session, now=NOW)
            signed(session, clinic, consult, NOW, disposition)
            pages[disposition] = consult.public_id
            texts |= set(words_of_paper(app, session, clinic, consult, None))
        reopening.reopen(session, consult, clinic.pcp, "It spreads", now=NOW + 2 * LEASE)
        texts |= set(words_of_paper(app, session, clinic, consult, None))
        holding.claim(session, consult, clinic.derm, now=NOW + 2 * LEASE, lease=LEASE)
        signed(session, clinic, consult, NOW + 2 * LEASE, Disposition.ADVICE_ONLY)
        texts |= set(words_of_paper(app, session, clinic, consult, 1))
    assert len(texts) > 25
    # What comes next is told, whatever it is, where the family does not do all of it alone; on the page as well.
    told = next_steps(app, language)
    assert len(texts & set(told.values())) == 4
    for code, words in told.items():
        if code != Disposition.WRONG_SPECIALTY:  # This one was asked and answered again.
            assert words in mother.get(f"/family/questions/{pages[Disposition(code)]}/answer?lang={language}").text
    assert {text: found for text in texts if (found := ours(text, language))} == {}
    assert sorted(text for text in texts if hard(text, language)) == []
    assert [part for text in texts for part in sentences(text) if len(part.split()) > LONGEST_SENTENCE] == []
    together = " ".join(sorted(text for text in texts if re.search(r"[.!?:]$", text)))
    assert (grade(together, language) or 99) <= GOAL


def next_steps(app: Flask, language: str) -> dict[str, str]:
    with app.test_request_context(), speaking(language):
        return {code: str(of_child) for code, (of_child, _of_youth) in WHAT_NOW.items()}


def signed(session: Session, clinic: Clinic, consult: Consult, now: datetime, disposition: Disposition) -> None:
    content = {**WRITTEN, "disposition": disposition, "new_photo_days": 7}
    answers.save_draft(session, consult, clinic.derm, content, now=now, lease=LEASE)
    answers.sign(session, consult, clinic.derm, now=now)
    answers.acknowledge(session, consult, clinic.pcp, now=now)


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"[.!?…]+(?:\s|$)", text) if part.strip()]


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_sentence_for_families_is_longer_than_twenty_words(language: str) -> None:
    catalogue = read_part(FOLDER / "es" / "family.po", "es")
    texts = [str(message.id if language == "en" else message.string) for message in catalogue if message.id]
    long = [text for text in texts for part in sentences(text) if len(part.split()) > LONGEST_SENTENCE]
    assert len(texts) > 150
    assert long == []


@pytest.mark.parametrize("text", ["Sus fotos se enviaron.", "Word " * 21])
def test_the_count_sees_long_sentences(text: str) -> None:
    assert any(len(part.split()) > LONGEST_SENTENCE for part in sentences(text)) is text.startswith("Word")


def test_the_longest_page_of_the_way_is_light(browser_of: BrowserOf, clinic: Clinic) -> None:
    mother = browser_of(clinic.mother)
    emergency = post(mother, f"/family/children/{clinic.child.public_id}/ask", {}).location
    html = mother.get(emergency).data
    assets: Assets = mother.application.extensions["assets"]
    names = {name for name in assets.names() if assets.url(name).encode() in html}
    found = [assets.find(name) for name in names]
    static = sum(len(each[0].packed or each[0].body) for each in found if each is not None)
    assert {"app.css", "icons.svg"} <= names
    assert len(gzip.compress(html)) <= 10 * 1024
    assert len(gzip.compress(html)) + static <= FIRST_PAGE_BYTES
