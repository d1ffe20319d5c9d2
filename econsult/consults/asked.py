"""What the templates ask about one request: which forms, which of their answers are wrong, and what is still missing.

A program that never heard of the templates is not held up by them. Whoever answers one of a form's items knows the
others too: then a required one that is missing needs a reason, as other missing parts do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.attachments import Attachment, AttachmentState, attachments_of
from econsult.consults.details import FOR_THE_CLINIC
from econsult.consults.records import CLINICS_OWN, Consult
from econsult.consults.redflags import URGENCY_OF_CODE
from econsult.errors import InvalidError, SettingError
from econsult.people.patients import Patient, age_in_months
from econsult.people.persons import SPECIALTIES
from econsult.templates.answering import danger_signs, is_answered, ruled_out, shown, wrong_values
from econsult.templates.items import CLINIC, FAMILY, SUBJECTS, Item, Questionnaire, flat
from econsult.templates.items import Kind as Type
from econsult.templates.loading import Library, library_of

ANSWERED_UNDER = "answered_under"
"""The detail that holds which version of each form was in force when the request was sent; only we write it."""
TOPIC = "core.by_family_topic"
NO_SKIN = "not_skin"
SKIN = "dermatology"
"""What a question about a place on the skin is about."""
ELSEWHERE = frozenset(("question", "question_type", "urgency", "red_flags", "age", "sex", "language", "consent"))
"""Parts of a request that are checked by themselves, or that we know without asking."""


def family_subject(details: Mapping[str, Any]) -> str:
    """What a family's question is about: the skin where a place on it was chosen, else what it said; or empty."""
    site = details.get("body_site")
    if site and site != NO_SKIN:
        return SKIN
    topic = details.get(TOPIC)
    return topic if isinstance(topic, str) else ""


def forms_of(session: Session, consult: Consult, audience: str) -> list[Questionnaire]:
    """The forms that ask about this request: the core and the specialty's, in the version that it was sent under."""
    subject = consult.specialty if audience == CLINIC else family_subject(consult.details)
    return library_of(session).forms(subject, audience, _versions(consult))


def forms_about(session: Session, consult: Consult, subjects: Iterable[str]) -> list[Questionnaire]:
    """The clinic's forms on these subjects, each once, whichever specialty is asked."""
    library, versions = library_of(session), _versions(consult)
    found = (library.find(subject, CLINIC, versions) for subject in dict.fromkeys(subjects))
    return [form for form in found if form is not None]


def answers_of_others(session: Session, consult: Consult) -> list[str]:
    """The names of the answers to a clinic's forms of specialties that this request does not go to."""
    others = forms_about(session, consult, (name for name in SPECIALTIES if name != consult.specialty))
    return [link for form in others for link in form.by_link if link in consult.details]


def known_items(session: Session, consult: Consult) -> dict[str, Item]:
    """Every item that may have been answered on this request, by its link, in the order of the forms."""
    own = (*forms_of(session, consult, CLINIC), *forms_of(session, consult, FAMILY))
    return {link: item for form in (*own, *_every_form(session, consult)) for link, item in form.by_link.items()}


def missing_items(session: Session, consult: Consult, audience: str, *, now: datetime) -> list[Item]:
    """The required items of this child's forms that have no answer yet."""
    months = age_in_months(session.get_one(Patient, consult.patient_id).birth_date, now.date())
    files = [file for file in attachments_of(session, consult.id) if file.state not in _LOST]
    wanted = (
        item
        for form in forms_of(session, consult, audience)
        for item in shown(form, consult.details, months)
        if item.is_required
    )
    return [item for item in wanted if not is_there(item, consult.details, files)]


def is_there(item: Item, details: Mapping[str, Any], files: Collection[Attachment]) -> bool:
    """Whether the request holds an answer to the item, in words or as a file."""
    if item.field in ELSEWHERE:
        return True
    if item.field == "attachments":
        return bool(files)
    if is_answered(item, details.get(item.field or item.link_id)):
        return True
    if item.media:
        return any(_shows(file, item) for file in files)
    return bool(item.document) and any(file.document_type == item.document for file in files)


def settle_answers(session: Session, consult: Consult) -> None:
    """Drop the answers to items that another answer rules out, then raise InvalidError naming each answer that its item
    cannot have, and each name that belongs to our forms and is in none of them. Other names are anybody's own."""
    forms = list(_every_form(session, consult))
    out = {link for form in forms for link in ruled_out(form, consult.details)} & set(consult.details)
    if out:
        consult.details = {name: value for name, value in consult.details.items() if name not in out}
    known = {link: fault for form in forms for link, fault in wrong_values(form, consult.details).items()}
    unknown = _unknown_items(session, consult.details)
    if not known and not unknown:
        return
    wrong = {f"details.{link}": fault for link, fault in known.items()}
    words = "Some answers do not fit their questions: " + ", ".join(sorted(wrong)) + "." if wrong else ""
    hints = [f"details.{name} is in none of our forms{near}" for name, near in sorted(unknown.items())]
    raise InvalidError(
        " ".join(filter(None, (words, *hints))), wrong | {f"details.{n}": "unknown_item" for n in unknown}
    )


def _unknown_items(session: Session, details: Mapping[str, Any]) -> dict[str, str]:
    """The names that begin as our items do and that no version of a form has, each with the nearest one."""
    links = {link for form in library_of(session).every for link in form.by_link}
    begin = tuple(f"{subject}." for subject in SUBJECTS)
    names = [name for name in details if name.startswith(begin) and name not in links]
    near = {name: get_close_matches(name, [each for each in sorted(links) if _alike(name, each)], 1) for name in names}
    return {name: f": did you mean {found[0]}?" if found else "." for name, found in near.items()}


def _alike(name: str, link: str) -> bool:
    """Whether both are of one subject, and not only by what they begin with."""
    subject, _, rest = name.partition(".")
    return link.startswith(f"{subject}.") and bool(get_close_matches(rest, [link.partition(".")[2]]))


def missing_fields(session: Session, consult: Consult, *, now: datetime, saw_checklist: bool = False) -> dict[str, str]:
    """The missing required items of a clinic's request as fields of a refusal.

    None where no item was answered, unless whoever sends it was shown them.
    """
    if consult.kind not in CLINICS_OWN or not consult.specialty:
        return {}
    links = {item.link_id for form in forms_of(session, consult, CLINIC) for item in flat(form.items) if item.is_asked}
    if not saw_checklist and links.isdisjoint(consult.details):
        return {}
    missing = missing_items(session, consult, CLINIC, now=now)
    return {f"details.{item.field or item.link_id}": "required" for item in missing}


def signs_answered(session: Session, consult: Consult, details: Mapping[str, Any]) -> tuple[str, ...]:
    """The danger signs that answers tell of. A family's are looked for in every form, whatever it is about."""
    library = library_of(session)
    is_clinics = consult.kind in CLINICS_OWN
    forms = library.forms(consult.specialty, CLINIC) if is_clinics else library.newest.values()
    return tuple(dict.fromkeys(sign for form in forms for sign in danger_signs(form, details)))


def signs_in_forms(session: Session, consult: Consult) -> tuple[str, ...]:
    """The danger signs that its answers tell of to whoever reads it: those of a family count in every form of theirs,
    also once a clinic has made the question its own."""
    details, library = consult.details, library_of(session)
    is_clinics = consult.kind in CLINICS_OWN
    others = [form for form in library.newest.values() if form.audience == FAMILY or not is_clinics]
    forms = [*(library.forms(consult.specialty, CLINIC) if is_clinics else ()), *others]
    told = (form for form in forms if not form.by_link.keys().isdisjoint(details))
    return tuple(dict.fromkeys(sign for form in told for sign in danger_signs(form, details)))


def without_sentences(session: Session, details: Mapping[str, Any]) -> dict[str, Any]:
    """The details without answers that are written in sentences, in which nothing is searched; single words stay."""
    items = {link: item for form in library_of(session).newest.values() for link, item in form.by_link.items()}
    return {name: value for name, value in details.items() if name not in items or items[name].kind != Type.TEXT}


def sentences_in(session: Session, details: Mapping[str, Any]) -> list[str]:
    """Everything that somebody wrote in words of their own: the answers to open questions of every form, and what other
    systems sent, where one word alone is a code. How to reach a family is none of them."""
    items = {link: item for form in library_of(session).every for link, item in form.by_link.items()}
    known = {name: items[name].kind for name in details if name in items}
    open_ones = [text for name, kind in known.items() if kind in _IN_WORDS for text in _texts(details[name])]
    left_out = {*FOR_THE_CLINIC, ANSWERED_UNDER, *(name for name, kind in known.items() if kind != Type.GROUP)}
    others = [text for name, value in details.items() if name not in left_out for text in _texts(value)]
    return [*open_ones, *(text for text in others if " " in text.strip())]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def keep_versions(session: Session, consult: Consult) -> None:
    """Note under which forms the request is sent; a form that changes afterwards changes nothing here."""
    audiences = (FAMILY, CLINIC) if consult.kind in CLINICS_OWN else (FAMILY,)
    forms = (form for audience in audiences for form in forms_of(session, consult, audience))
    consult.details = {**consult.details, ANSWERED_UNDER: {form.name: form.version for form in forms}}


def check_library(library: Library) -> None:
    """Raise SettingError for a form that leads to a danger sign, or to an item of another form, that is not there."""
    links = {link for form in library.every for link in form.by_link}
    for form in library.every:
        for item in flat(form.items):
            signs = {item.red_flag, *(option.red_flag for option in item.options)} - {""}
            unknown = [f"red flag: {sign}" for sign in sorted(signs - set(URGENCY_OF_CODE))]
            unknown += [f"field: {item.field}"] if "." in item.field and item.field not in links else []
            if unknown:
                words = f"{form.name} {form.version}: {item.link_id} names an unknown {unknown[0]}."
                raise SettingError(f"ECONSULT_TEMPLATES: {words}")


_IN_WORDS = (Type.TEXT, Type.STRING)
_LOST = (AttachmentState.REJECTED, AttachmentState.FAILED)


def _shows(file: Attachment, item: Item) -> bool:
    if file.kind != item.media or (item.document and file.document_type != item.document):
        return False
    # A film has no other views to be mistaken for, and programs seldom name one.
    return not item.view or file.view == item.view or (item.media == "video" and not file.view)


def _every_form(session: Session, consult: Consult) -> Iterable[Questionnaire]:
    library, versions = library_of(session), _versions(consult)
    found = (library.version(name, versions.get(name)) for name in library.newest)
    return [form for form in found if form is not None]


def _versions(consult: Consult) -> Mapping[str, Any]:
    found = consult.details.get(ANSWERED_UNDER)
    return found if isinstance(found, Mapping) else {}
