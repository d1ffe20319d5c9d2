"""A program's own questionnaires: they come first, keep what was answered, and stop the start where they are broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from econsult.consults.asked import check_library
from econsult.errors import SettingError
from econsult.settings import load_settings
from econsult.templates.loading import DATA, Library, load_library

Write = Callable[..., Path]


def form(**changes: Any) -> dict[str, Any]:
    """A short form of the skin, as a program might write it."""
    item = {"linkId": "dermatology.itch", "text": "Itch?", "type": "boolean", "required": True}
    whole = {
        "resourceType": "Questionnaire",
        "name": "dermatology-clinic",
        "version": "2.0.0",
        "title": "Our skin form",
    }
    return {**whole, "status": "draft", "item": [item], **changes}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(content: Any, name: str = "skin.json") -> Path:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return written


def items_of(library: Library, **versions: str) -> list[str]:
    found = library.find("dermatology", "clinic", {name.replace("_", "-"): text for name, text in versions.items()})
    assert found is not None
    return list(found.by_link)


def test_a_newer_version_is_asked_and_the_older_one_still_known(write: Write) -> None:
    library = load_library(write(form()))
    assert items_of(library) == ["dermatology.itch"]
    assert len(items_of(library, dermatology_clinic="1.0.0")) > 20
    assert items_of(library, dermatology_clinic="0.9") == ["dermatology.itch"]


def test_the_same_version_takes_the_place_of_ours_and_an_older_one_does_not(write: Write) -> None:
    assert items_of(load_library(write(form(version="1.0.0")))) == ["dermatology.itch"]
    assert len(items_of(load_library(write(form(version="0.5"))))) > 20


def test_a_form_for_families_of_another_specialty_is_added(write: Write) -> None:
    item = {"linkId": "cleft.by_family_feeding", "text": "How long is a feed?", "type": "string"}
    library = load_library(write(form(name="cleft-family", version="1", item=[item])))
    assert [each.name for each in library.forms("cleft", "family")] == ["core-family", "cleft-family"]


def test_a_copy_of_every_form_of_the_house_can_be_a_programs_own(tmp_path: Path) -> None:
    for path in DATA.glob("*.json"):
        (tmp_path / path.name).write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_library(tmp_path).newest.keys() == load_library().newest.keys()


def broken(**changes: Any) -> dict[str, Any]:
    item = {"linkId": "dermatology.itch", "text": "Itch?", "type": "boolean", **changes}
    return form(item=[item])


OURS = "urn:econsult:"
LEAST = "http://hl7.org/fhir/StructureDefinition/minValue"
CONDITION = {"question": "dermatology.later", "operator": "=", "answerBoolean": True}
FIELD = {"url": f"{OURS}field", "valueCode": "itch"}

PART = {"linkId": "dermatology.part", "text": "Part?", "type": "string"}
AGES = {"url": f"{OURS}ages", "valueRange": {"low": {"value": 12}}}
GROUP = {"type": "group", "item": [PART], "extension": [AGES]}


def then(of: dict[str, Any] | None = None, **condition: Any) -> dict[str, Any]:
    """A form whose second item has a condition on the first, which says yes or no."""
    asks = {"question": "dermatology.itch", "operator": "=", **condition}
    second = {"linkId": "dermatology.next", "text": "Next?", "type": "boolean", "enableWhen": [asks]}
    return form(item=[{"linkId": "dermatology.itch", "text": "Itch?", "type": "boolean", **(of or {})}, second])


BAD: list[tuple[Any, str]] = [
    ("{", "line 1, column 2"),
    ("[]", "the file must be an object"),
    ('{"name": 1, "name": 2}', "name stands twice"),
    (form(resourceType="Patient"), "resourceType must be Questionnaire"),
    (form(name="skin-clinic"), "name must be one of core, dermatology"),
    (form(version="two"), "version must be numbers"),
    (form(status="active"), "status may be active only with"),
    (form(item=[]), "item must hold between 1 and"),
    (form(item={"linkId": 1}), "item must be a list"),
    (form(item=["x"]), "item[0] must be an object"),
    (broken(linkId="neurology.itch"), "item[0].linkId must begin with dermatology."),
    (broken(linkId="dermatology.by_family_itch"), "item[0].linkId must begin with dermatology.by_family_ in a family"),
    (broken(linkId="dermatology.Two Words"), "item[0].linkId must be small letters"),
    (broken(type="slider"), "item[0].type must be one of"),
    (broken(text=""), "item[0].text must be a text"),
    (broken(text="two\nlines"), "item[0].text must be one line"),
    (broken(required="yes"), "item[0].required must be true or false"),
    (broken(enablewhen=[]), "item[0].enablewhen is not known here"),
    (broken(enableWhen=[CONDITION]), "item[0].enableWhen[0].question must name an item"),
    (then(answerString="yes"), "item[1].enableWhen[0] asks dermatology.itch for an answer that it cannot have"),
    (then(operator=">", answerBoolean=True), "item[1].enableWhen[0] asks dermatology.itch for an answer"),
    (then(operator="exists", answerString="yes"), "item[1].enableWhen[0].answerBoolean must be true or false"),
    (then(of={"extension": [FIELD]}, answerBoolean=True), "item[1].enableWhen[0].question must name an item with"),
    (broken(type="string", maxLength=401), "item[0].maxLength must be at most 400 in a string"),
    (broken(type="text", maxLength=5001), "item[0].maxLength must be at most 5000 in a text"),
    (broken(extension=[{"url": f"{OURS}not-done", "valueBoolean": "false"}]), "valueBoolean must be true or false"),
    (broken(extension=[{"url": f"{OURS}view", "valueCode": 5}]), "item[0].extension[0] must hold a text"),
    (
        broken(type="decimal", extension=[{"url": LEAST, "valueDecimal": float("nan")}]),
        "item[0].extension[0] must hold",
    ),
    (broken(type="decimal", extension=[{"url": LEAST, "valueDecimal": 10**400}]), "item[0].extension[0] must hold"),
    ('{"version": 1' + "0" * 5000 + "}", "a number that is too long"),
    (then(of=GROUP, answerBoolean=True), "item[0] is a group with a condition or ages of its own"),
    (broken(type="choice"), "item[0].answerOption must hold the choices"),
    (broken(type="attachment"), "item[0] must say with urn:econsult:media"),
    (broken(extension=[{"url": f"{OURS}recommend-it", "valueBoolean": True}]), "is unknown: recommend-it"),
    (broken(extension=[{"url": f"{OURS}link", "valueUrl": "javascript:alert(1)"}]), "has a link that is not https"),
    (broken(item=[{"linkId": "dermatology.x", "text": "x", "type": "string"}]), "item[0].item must hold items"),
]


@pytest.mark.parametrize(("content", "place"), BAD)
def test_a_broken_file_stops_the_start_with_its_name_and_the_place(write: Write, content: Any, place: str) -> None:
    with pytest.raises(SettingError) as refused:
        load_library(write(content))
    words = str(refused.value)
    assert words.startswith("ECONSULT_TEMPLATES: skin.json: ")
    assert (place in words, "\n" in words) == (True, False)


def test_a_field_that_is_no_item_of_any_form_stops_the_start(write: Write) -> None:
    library = load_library(write(broken(extension=[{"url": f"{OURS}field", "valueCode": "core.heights"}])))
    with pytest.raises(SettingError, match=r"dermatology\.itch names an unknown field: core\.heights"):
        check_library(library)


def test_one_version_in_two_files_is_refused(write: Write) -> None:
    write(form())
    with pytest.raises(SettingError, match=r"it is dermatology-clinic 2\.0\.0, as skin.json is"):
        load_library(write(form(), "twin.json"))


def test_a_file_that_is_no_text_or_too_large_or_too_deep_is_refused(tmp_path: Path) -> None:
    for content, words in ((b"\xff\xfe", "no text"), (b" " * 600_000, "too big"), (b"[" * 200_000, "nested too deep")):
        (tmp_path / "skin.json").write_bytes(content)
        with pytest.raises(SettingError, match=words):
            load_library(tmp_path)


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    data = {"ECONSULT_DATA": str(tmp_path)}
    assert load_settings({**data, "ECONSULT_TEMPLATES": str(tmp_path)}).templates == tmp_path.resolve()
    assert load_settings(data).templates is None
    with pytest.raises(SettingError, match="must name a folder that is there"):
        load_settings({**data, "ECONSULT_TEMPLATES": str(tmp_path / "none")})
