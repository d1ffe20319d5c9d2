"""One draft in two windows, or under the hands of two people: nothing is written over by somebody who never saw it.

A form carries what it showed when it was opened (`seen_text`). What it did not change keeps what is stored by now;
what nobody else changed takes the form's; what both changed stays as it is stored, and both texts are shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from econsult.consults.asked import ANSWERED_UNDER
from econsult.consults.details import flags_of
from econsult.consults.facepolicy import MASK_ALL
from econsult.consults.records import Consult
from econsult.consults.redflags import ASKED_AT, is_answered
from econsult.consults.requests import RequestForm
from econsult.consults.voice import voice_consent_of
from econsult.consults.wishes import wish_of
from econsult.errors import StaleVersionError
from econsult.people.consent import consent_for
from econsult.people.persons import Person

OWN = ("specialty", "question", "question_type", "urgency")
WISHED = ("named", "may_convert")
SIGNS, NONE = "red_flags", "none"
LONGEST_SEEN = 20_000
_NOT_WRITTEN = (SIGNS, ASKED_AT, ANSWERED_UNDER)


@dataclass(frozen=True)
class Seen:
    """What a form showed: a short digest of each value that was there, and the danger signs that were ticked."""

    values: Mapping[str, str]
    signs: frozenset[str]


@dataclass(frozen=True)
class Clash:
    """A value that somebody else changed after the form was opened, and that the form changed too."""

    mine: Any
    theirs: Any


@dataclass(frozen=True)
class Merged:
    """What of a form is to be saved; what both changed, by name; what others changed that the form does not show.

    `signs` are the danger signs that stand although this form does not say them. `seen` is what the form shows from now
    on, for the next save of the same window.
    """

    form: RequestForm
    clashes: Mapping[str, Clash] = field(default_factory=dict)
    news: frozenset[str] = frozenset()
    signs: tuple[str, ...] = ()
    seen: str = ""

    @property
    def is_stale(self) -> bool:
        """Whether whoever sees the form does not know how the draft stands."""
        return bool(self.clashes or self.news)


def seen_text(
    session: Session,
    consult: Consult,
    *,
    only: Collection[str] | None = None,
    offered: Collection[str] = (),
    usual: Mapping[str, Any] | None = None,
    has_none: bool = False,
) -> str:
    """What a form shows that is filled with this draft: all of it, or `only` these parts.

    It offers these danger signs, and shows the `usual` values where nothing is stored; `has_none` where "none of these"
    is ticked.
    """
    shown = _state(session, consult)
    shown |= {name: value for name, value in (usual or {}).items() if not shown.get(name)}
    values = {name: _digest(value) for name, value in shown.items() if only is None or name in only}
    return _as_text(values, set(flags_of(consult.details)) & set(offered) or ({NONE} if has_none else set()))


def standing(session: Session, consult: Consult) -> str:
    """One digest of all that a draft says, for a page that shows all of it and changes nothing."""
    return _digest([_state(session, consult), sorted(flags_of(consult.details))])


def read_seen(text: str) -> Seen | None:
    """What `seen_text` wrote, as a form brings it back; None where it brings nothing that can be read."""
    try:
        found = json.loads(text[:LONGEST_SEEN])
        return Seen(
            {str(name): str(mark) for name, mark in found["values"].items()}, frozenset(map(str, found["signs"]))
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def merge(
    session: Session,
    consult: Consult,
    form: RequestForm,
    seen: Seen | None,
    *,
    offered: Collection[str] = (),
    usual: Collection[str] = (),
    unread: Collection[str] = (),
    is_whole: bool = False,
) -> Merged:
    """The form as it may be saved over what is stored now; `unread` are fields whose words could not be taken, `usual`
    those in which something stands as long as nothing is stored. `is_whole` is a form that shows all of the draft.

    A form that does not say what it showed is from before there were such forms: it is taken whole, apart from the
    danger signs, of which it takes none away. A sign that this form does not offer is never taken away by it.
    """
    stored, mine = _state(session, consult), _of_form(form)
    base = seen.values if seen is not None else {name: _digest(value) for name, value in stored.items()}
    ticked = _signs(consult, form, seen, offered)
    clashes: dict[str, Clash] = {}
    news: set[str] = set()
    for name, value in mine.items():
        known = _digest(stored.get(name))
        if known in (base.get(name, ""), _digest(value)) or (not known and name in usual):
            continue
        if _digest(value) == base.get(name, ""):
            news.add(name)
        else:
            clashes[name] = Clash(value, stored.get(name))
    if form.details and SIGNS in form.details and (set(ticked) & set(offered)) - set(form.details[SIGNS] or ()):
        news.add(SIGNS)
    kept_back = {name: base.get(name, "") for name in (*clashes, *unread)}
    now_seen = {
        **({name: _digest(value) for name, value in stored.items()} if is_whole else {}),
        **{name: _digest(value) for name, value in mine.items()},
        **kept_back,
    }
    kept = _without(form, {*clashes, *news}, _answer(consult, form, seen, ticked))
    shown = set(ticked) & set(offered) or ({NONE} if form.details and form.details.get(SIGNS) == [] else set())
    # Only what others ticked is told: its own, that somebody unticks meanwhile, would come back.
    mine_ticked = (form.details or {}).get(SIGNS) or ()
    theirs = tuple(code for code in ticked if code not in mine_ticked)
    return Merged(kept, clashes, frozenset(news), theirs, _as_text(now_seen, shown))


def check_version(consult: Consult, version: int | None) -> None:
    """Raise StaleVersionError where a program says which version it has read, and there is a newer one."""
    if version is not None and version != consult.version:
        raise StaleVersionError("Somebody saved this request after you read it; nothing was written over it.")


def _state(session: Session, consult: Consult) -> dict[str, Any]:
    """Everything of a draft that a form may show, by name."""
    consent, voice = consent_for(session, consult.id), voice_consent_of(session, consult.id)
    wish = wish_of(session, consult.id)
    return {
        "face_policy": MASK_ALL,
        **_written(consult.details),
        **{name: getattr(consult, name) for name in OWN},
        "consent": [consent.given_by, consent.method, consent.language] if consent else None,
        "named": session.get_one(Person, wish.named_id).public_id if wish and wish.named_id else None,
        "may_convert": wish.may_convert or None if wish else None,
        "voice": [voice.given_by, voice.method, voice.language] if voice and voice.is_given else None,
    }


def _of_form(form: RequestForm) -> dict[str, Any]:
    """What a form says, by the same names; what it leaves out is not there."""
    found: dict[str, Any] = {name: value for name in OWN if (value := getattr(form, name)) is not None}
    found |= _written(form.details or {})
    found |= {name: value or None for name in WISHED if (value := getattr(form.wishes, name)) is not None}
    if form.consent is not None:
        found["consent"] = [form.consent.by, form.consent.method, form.consent.language]
    if form.voice is not None:
        voice = form.voice
        found["voice"] = [voice.by, voice.method, voice.language] if voice.is_given else None
    return found


def _written(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details that somebody writes or chooses. Not to agree to a face says no more than to say nothing."""
    found = {name: value for name, value in details.items() if name not in _NOT_WRITTEN}
    return {**found, "face_consent": found.get("face_consent") or None} if "face_consent" in found else found


def _signs(consult: Consult, form: RequestForm, seen: Seen | None, offered: Collection[str]) -> tuple[str, ...]:
    """The danger signs together: those that are stored and were not unticked under the eyes of this form's reader."""
    stored = flags_of(consult.details)
    if form.details is None or SIGNS not in form.details:
        return stored
    told = tuple(map(str, form.details[SIGNS] or ()))
    shown = seen.signs & set(offered) if seen is not None else frozenset[str]()
    return tuple(dict.fromkeys((*(code for code in stored if code in told or code not in shown), *told)))


def _answer(consult: Consult, form: RequestForm, seen: Seen | None, signs: tuple[str, ...]) -> dict[str, Any]:
    """What is saved of the danger signs: a list, None for an answer that is taken back, or nothing at all.

    A form that says nothing of them and did not show that somebody had said "none" leaves that, and its time, alone.
    """
    if signs or form.details is None or form.details.get(SIGNS) is not None:
        return {SIGNS: list(signs)}
    was_none = is_answered(consult.details) and not flags_of(consult.details)
    return {} if was_none and (seen is None or NONE not in seen.signs) else {SIGNS: None}


def _without(form: RequestForm, names: set[str], answer: dict[str, Any]) -> RequestForm:
    """The form without these, and with this answer about the danger signs where it gives one."""
    if form.details is not None:
        details = {name: value for name, value in form.details.items() if name not in {*names, SIGNS}}
        form = replace(form, details={**details, **(answer if SIGNS in form.details else {})})
    left_out: dict[str, Any] = dict.fromkeys(names & {*OWN, "consent", "voice"})
    dropped: dict[str, Any] = dict.fromkeys(names & set(WISHED))
    return replace(form, wishes=replace(form.wishes, **dropped), **left_out)


def _digest(value: Any) -> str:
    """Empty for what says nothing; a form and the database say nothing in different ways."""
    text = value.strip() if isinstance(value, str) else value
    if text is None or text in ("", [], {}):
        return ""
    return hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()[:12]


def _as_text(values: Mapping[str, str], signs: Collection[str]) -> str:
    found = {"values": {name: mark for name, mark in sorted(values.items()) if mark}, "signs": sorted(signs)}
    return json.dumps(found, separators=(",", ":"))
