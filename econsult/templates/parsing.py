"""Reading a questionnaire: FHIR R4's JSON, of which we take what a form of ours can show. What is not understood is
refused by its place, since a misspelt condition would quietly ask the wrong children."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from econsult.templates.answering import COMPARED, can_be, is_number
from econsult.templates.items import (
    AUDIENCES,
    FAMILY,
    NUMBERS,
    SUBJECTS,
    Condition,
    Item,
    Kind,
    Option,
    Questionnaire,
    Words,
)
from econsult.templates.places import Place, TemplateError

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
LEAST = "http://hl7.org/fhir/StructureDefinition/minValue"
MOST = "http://hl7.org/fhir/StructureDefinition/maxValue"
UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
FEWEST = "http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs"
OURS = "urn:econsult:"
FLAGS = {"recommended": "is_recommended", "not-done": "may_be_not_done"}
CODES = {"red-flag": "red_flag", "field": "field", "media": "media", "view": "view", "document": "document"}
TEXTS = frozenset((*CODES, "link", "signed-by"))
OPERATORS = ("exists", "=", "!=", *COMPARED)
ORDERED = (*NUMBERS, Kind.DATE)
ANSWERS = ("answerBoolean", "answerDecimal", "answerInteger", "answerString", "answerCoding", "answerDate")
ITEM_FIELDS = frozenset(
    ("linkId", "text", "_text", "type", "required", "repeats", "enableWhen", "enableBehavior", "answerOption", "item",
     "extension", "maxLength", "prefix", "code", "definition", "readOnly")
)  # fmt: skip
_LINK = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,2}")
_LINK_URL = re.compile(r"https://[\w.\-]+(?:/[\w./\-]*)?")
LONGEST_STRING, USUAL_TEXT, LONGEST_TEXT = 400, 2000, 5000
"""Letters of an answer of one line; of a text whose form names no length; and what no detail of a request exceeds."""
LARGEST_NUMBER = 1e9
LONGEST_WORDS, LONGEST_LINK, MOST_ITEMS, DEEPEST = 500, 60, 120, 3


def parse(resource: Any) -> Questionnaire:
    """The questionnaire. Raises TemplateError, whose words name the place in the file."""
    top = Place(resource)
    if top.text("resourceType") != "Questionnaire":
        raise top.at("resourceType").wrong("must be Questionnaire")
    name, version, status = top.text("name"), top.text("version"), top.text("status")
    subject, _, audience = name.rpartition("-")
    if subject not in SUBJECTS or audience not in AUDIENCES:
        raise top.at("name").wrong(f"must be one of {', '.join(SUBJECTS)}, and -clinic or -family after it")
    if not _VERSION.fullmatch(version):
        raise top.at("version").wrong("must be numbers with points, such as 1.2.0")
    if status not in {"draft", "active"}:
        raise top.at("status").wrong("must be draft or active")
    signed_by = str(_ours(top).get("signed-by", ""))
    if status == "active" and not signed_by.strip():
        raise top.at("status").wrong("may be active only with the extension urn:econsult:signed-by, a person's name")
    found = Questionnaire(
        name=name,
        version=version,
        title=_words(top, "title"),
        is_signed=status == "active",
        reviewed=_reviewed(top),
        items=_items(top, 1),
        resource=resource,
    )
    _check_links(found, top)
    return found


def _items(place: Place, depth: int) -> tuple[Item, ...]:
    return tuple(_item(part, depth) for part in place.parts("item"))


def _item(place: Place, depth: int) -> Item:
    place.only(ITEM_FIELDS)
    link_id, kind = place.text("linkId"), place.text("type")
    if not _LINK.fullmatch(link_id) or len(link_id) > LONGEST_LINK:
        raise place.at("linkId").wrong("must be small letters, digits, _ and points, at most 60")
    if kind not in set(Kind):
        raise place.at("type").wrong(f"must be one of {', '.join(Kind)}")
    ours = _ours(place)
    known: dict[str, Any] = {field: ours[name] for name, field in (FLAGS | CODES).items() if name in ours}
    found = Item(
        link_id=link_id,
        kind=Kind(kind),
        words=_words(place, "text"),
        is_required=place.flag("required"),
        repeats=place.flag("repeats"),
        options=_options(place),
        conditions=tuple(_condition(part) for part in place.parts("enableWhen")),
        needs_all=place.choice("enableBehavior", ("all", "any"), "all") == "all",
        items=_items(place, depth + 1) if depth < DEEPEST else (),
        longest=_longest(place, Kind(kind)),
        hint=_hint(place),
        **_limits(place),
        **_ages(place),
        **known,
        link=_link(place, ours),
    )
    _check_item(found, place, depth)
    return found


def _check_item(item: Item, place: Place, depth: int) -> None:
    if item.is_required and item.is_recommended:
        raise place.wrong("is required and recommended; it can be one of them")
    if item.kind == Kind.CHOICE and not (item.options or item.field):
        raise place.at("answerOption").wrong("must hold the choices")
    if (item.kind == Kind.GROUP) != bool(item.items):
        raise place.at("item").wrong(f"must hold items in a group, and only there, at most {DEEPEST} deep")
    if item.kind == Kind.ATTACHMENT and not (item.media or item.field):
        raise place.wrong("must say with urn:econsult:media which files answer it: photo, video or lab_document")
    if item.media and item.media not in {"photo", "video", "lab_document"}:
        raise place.wrong("has an urn:econsult:media that is not photo, video or lab_document")
    if item.least is not None and item.most is not None and item.least > item.most:
        raise place.wrong("has a minValue above its maxValue")
    if item.is_rows and depth > 1 and any(part.kind == Kind.GROUP for part in item.items):
        raise place.wrong("is a table in which nothing but plain items can stand")
    if (
        item.kind == Kind.GROUP
        and not item.repeats
        and (item.conditions or item.from_month or item.to_month is not None)
    ):
        raise place.wrong("is a group with a condition or ages of its own; they stand at its items")
    if item.red_flag and item.kind != Kind.BOOLEAN:
        raise place.wrong("has a red flag; only yes-or-no items and choices have one")


def _check_links(form: Questionnaire, top: Place) -> None:
    """Each link once, in the form's own name space, and each condition about an item that stands before it."""
    seen: dict[str, Item] = {}
    for item, place in _walk(form.items, top):
        if not item.link_id.startswith(f"{form.subject}."):
            raise place.at("linkId").wrong(f"must begin with {form.subject}.")
        if item.is_asked and item.link_id.startswith(f"{form.subject}.by_family_") != (form.audience == FAMILY):
            # One name with two meanings could be wrong as one and right as the other.
            raise place.at("linkId").wrong(
                f"must begin with {form.subject}.by_family_ in a family's form, and only there"
            )
        if item.link_id in seen:
            raise place.at("linkId").wrong(f"stands twice: {item.link_id}")
        for number, condition in enumerate(item.conditions):
            _check_condition(condition, seen.get(condition.question), place.at(f"enableWhen[{number}]"))
        seen[item.link_id] = item
    if not 0 < len(seen) <= MOST_ITEMS:
        raise top.at("item").wrong(f"must hold between 1 and {MOST_ITEMS} items")


def _check_condition(condition: Condition, asked: Item | None, place: Place) -> None:
    if asked is None or not asked.is_asked or asked.kind in {Kind.GROUP, Kind.ATTACHMENT}:
        raise place.at("question").wrong("must name an item with an answer that stands before this one")
    if condition.operator == "exists":
        if not isinstance(condition.answer, bool):
            raise place.at("answerBoolean").wrong("must be true or false")
    elif not can_be(asked, condition.answer) or (condition.operator in COMPARED and asked.kind not in ORDERED):
        raise place.wrong(f"asks {asked.link_id} for an answer that it cannot have")


def _walk(items: tuple[Item, ...], place: Place) -> list[tuple[Item, Place]]:
    found = []
    for number, item in enumerate(items):
        here = place.at(f"item[{number}]")
        found += [(item, here)]
        found += [] if item.is_rows else _walk(item.items, here)
    return found


def _options(place: Place) -> tuple[Option, ...]:
    found: list[Option] = []
    for part in place.parts("answerOption"):
        coding = part.group("valueCoding")
        code = coding.text("code")
        if not _CODE.fullmatch(code) or code in {option.code for option in found}:
            raise coding.at("code").wrong("must be a code of its own, at most 64 letters")
        found.append(Option(code, _words(coding, "display"), str(_ours(part).get("red-flag", ""))))
    return tuple(found)


def _condition(place: Place) -> Condition:
    operator = place.choice("operator", OPERATORS, "")
    given = [name for name in ANSWERS if name in place.mapping]
    if len(given) != 1:
        raise place.wrong(f"must hold one of {', '.join(ANSWERS)}")
    answer = place.mapping[given[0]]
    if given == ["answerCoding"]:
        answer = place.group("answerCoding").text("code")
    return Condition(place.text("question"), operator, answer)


def _words(place: Place, name: str) -> Words:
    """A text with its translations, which FHIR keeps in an extension of the text."""
    texts = {"en": _short(place.at(name), place.text(name))}
    beside = place.mapping.get(f"_{name}")
    if beside is not None:
        for part in place.group(f"_{name}").parts("extension"):
            parts = {each.text("url"): each for each in part.parts("extension")}
            if part.text("url") == TRANSLATION and {"lang", "content"} <= set(parts):
                texts[parts["lang"].text("valueCode")] = _short(part, parts["content"].text("valueString"))
    return Words(texts)


def _short(place: Place, text: str) -> str:
    if not text.strip() or len(text) > LONGEST_WORDS or not text.isprintable():
        raise place.wrong(f"must be one line of at most {LONGEST_WORDS} letters")
    return text.strip()


def _hint(place: Place) -> Words | None:
    for part in place.parts("extension"):
        if part.text("url") == f"{OURS}hint":
            return _words(part, "valueString")
    return None


def _link(place: Place, ours: Mapping[str, Any]) -> str:
    found = str(ours.get("link", ""))
    if found and not _LINK_URL.fullmatch(found):
        raise place.wrong("has a link that is not https://")
    return found


def _ours(place: Place) -> dict[str, Any]:
    """The plain values of our own extensions, by the end of their address."""
    known = {*FLAGS, *TEXTS, "hint", "ages", "translation"}
    found: dict[str, Any] = {}
    for part in place.parts("extension"):
        url = part.text("url")
        name = url.removeprefix(OURS)
        if url.startswith(OURS) and name not in known:
            raise part.at("url").wrong(f"is unknown: {name}")
        if url.startswith(OURS):
            found[name] = next((v for k, v in part.mapping.items() if k.startswith("value")), None)
            if name in FLAGS and not isinstance(found[name], bool):
                raise part.at("valueBoolean").wrong("must be true or false")
            if name in TEXTS and not isinstance(found[name], str):
                raise part.wrong("must hold a text")
    return found


def _limits(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in place.parts("extension"):
        url = part.text("url")
        if url == FEWEST:
            found["fewest"] = part.whole("valueInteger", 1)
        elif url in {LEAST, MOST}:
            value = part.mapping.get("valueDecimal", part.mapping.get("valueInteger"))
            if not is_number(value) or abs(value) > LARGEST_NUMBER:
                raise part.wrong("must hold a valueDecimal or a valueInteger, at most a billion")
            found["least" if url == LEAST else "most"] = value
        elif url == UNIT:
            coding = part.group("valueCoding")
            found["unit"] = coding.text("display") if "display" in coding.mapping else coding.text("code")
    return found


def _longest(place: Place, kind: Kind) -> int:
    most = LONGEST_STRING if kind == Kind.STRING else LONGEST_TEXT
    found = place.whole("maxLength", min(USUAL_TEXT, most))
    if found > most:
        raise place.at("maxLength").wrong(f"must be at most {most} in a {kind}")
    return found


def _ages(place: Place) -> dict[str, Any]:
    for part in place.parts("extension"):
        if part.text("url") == f"{OURS}ages":
            ages = part.group("valueRange")
            ends = {name: ages.group(name).whole("value", 0) for name in ("low", "high") if name in ages.mapping}
            if not ends or ends.get("low", 0) >= ends.get("high", 10_000):
                raise part.wrong("must be a range of months, low below high")
            return {"from_month": ends.get("low", 0), "to_month": ends.get("high")}
    return {}


def _reviewed(top: Place) -> frozenset[str]:
    found = set()
    for part in top.parts("extension"):
        if part.text("url") == f"{OURS}translation":
            inner = {each.text("url"): each for each in part.parts("extension")}
            if "lang" in inner and "reviewer" in inner and inner["reviewer"].text("valueString").strip():
                found.add(inner["lang"].text("valueCode"))
    return frozenset(found)


__all__ = ["TemplateError", "parse"]
