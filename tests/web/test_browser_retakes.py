"""A photo is taken again as it was drawn: the specialist's desk, the mother's phone, and both photos side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from econsult.consults import holding, threads
from econsult.consults.attachments import Attachment, MediaKind
from econsult.consults.intake import Upload
from econsult.consults.marks import read_drawing
from econsult.consults.records import Consult
from econsult.consults.retakes import Retake, Wanted
from econsult.consults.threads import Audience
from imaging.samples.photos import photo
from tests.personas import LEASE, Clinic
from tests.services.browser import Devices
from tests.spread import spread
from tests.web.conftest import Enter
from tests.web.filing import file_ready
from tests.web.looking import complaints, look_at
from workers.copies import Made
from workers.runtime import Runtime

Held = tuple[Consult, Attachment]
NOW = datetime.now(UTC) - timedelta(minutes=30)
DRAWING = read_drawing(
    {
        "marks": [
            {"shape": "ellipse", "points": [[0.3, 0.3], [0.7, 0.7]]},
            {"shape": "arrow", "points": [[0.1, 0.9], [0.35, 0.6]]},
        ],
        "words": ["closer", "in_focus", "ruler"],
    }
)
PHONE = {"viewport": {"width": 390, "height": 844}}


def copies(scene: str = "eczema_far") -> list[Made]:
    """The copies of a drawn photo."""
    made = []
    for name, size in (("thumb", (320, 240)), ("view", (1200, 900))):
        made.append(Made(name, "image/jpeg", photo(scene, size=size), *size))
    return made


@dataclass(frozen=True)
class Stage:
    """The people's screens, and what the program keeps."""

    runtime: Runtime
    clinic: Clinic
    devices: Devices
    enter: Enter
    address: str

    def ask(self, held: Held, lane: Audience = Audience.FAMILY) -> Retake:
        """The dermatologist asks for the photo again, with her marks."""
        consult, old = held
        wanted = [Wanted(old.public_id, DRAWING)]
        with self.runtime.database.writing() as session:
            found = session.get_one(Consult, consult.id)
            threads.request_info(
                session, found, self.clinic.derm, text="¿Más?", items=["x"], audience=lane, now=NOW, again=wanted
            )
            return session.scalars(select(Retake)).one()


@pytest.fixture
def stage(runtime: Runtime, clinic: Clinic, devices: Devices, enter: Enter, address: str) -> Stage:
    return Stage(runtime, clinic, devices, enter, address)


@pytest.fixture
def held(runtime: Runtime, clinic: Clinic) -> Held:
    """An eConsult in the dermatologist's hands, with a photo that the mother sent."""
    with runtime.database.writing() as session:
        consult = clinic.econsult(session, now=NOW)
        holding.claim(session, consult, clinic.derm, now=NOW, lease=LEASE)
    return consult, file_ready(runtime, consult, clinic.mother, MediaKind.PHOTO, copies(), NOW, view="close")


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw from one place of the photo to another, as fractions of what is seen of it."""
    box = page.locator("[data-sheet]:not([hidden]) [data-picture]").last.bounding_box()
    assert box is not None
    # The picture is fitted into its box, and keeps its shape.
    width = min(box["width"], box["height"] * 4 / 3)
    height = width * 3 / 4
    left, top = box["x"] + (box["width"] - width) / 2, box["y"] + (box["height"] - height) / 2
    page.mouse.move(left + start[0] * width, top + start[1] * height)
    page.mouse.down()
    page.mouse.move(left + (start[0] + end[0]) / 2 * width, top + (start[1] + end[1]) / 2 * height)
    page.mouse.move(left + end[0] * width, top + end[1] * height)
    page.mouse.up()


@pytest.mark.parametrize("language", spread(["en", "es"], 1))
def test_the_specialist_draws_and_asks(stage: Stage, held: Held, language: str) -> None:
    consult, old = held
    page = stage.enter(stage.devices.desktop(), stage.clinic.derm)
    heard = complaints(page)
    page.goto(f"{stage.address}/consults/{consult.public_id}")
    if language == "es":
        with page.expect_navigation(wait_until="load"):
            page.get_by_role("button", name="Español").click()
    page.keyboard.press("m")
    kept = page.locator("[data-marks-said]")
    drag(page, (0.25, 0.25), (0.5, 0.75))
    expect(page.locator("[data-told] li")).to_have_count(1)
    page.locator("input[name=shape][value=arrow]").check()
    # Seen closer and moved aside, a mark still goes where the hand is on the photo.
    page.locator("[data-do=in]").click()
    drag(page, (0.7, 0.7), (0.55, 0.55))
    page.locator("[data-do=fit]").click()
    expect(page.locator("[data-told] li")).to_have_count(2)
    page.locator("input[name=shape][value=line]").check()
    drag(page, (0.1, 0.1), (0.3, 0.2))
    expect(page.locator("[data-told] li")).to_have_count(3)
    page.locator("[data-marking] button[value=undo]").click()
    expect(page.locator("[data-told] li")).to_have_count(2)
    page.locator("input[name=words][value=closer]").check()
    expect(kept).not_to_be_empty()
    look_at(page, "marking", language)
    page.locator("[data-marking] button[value=ask]").click()
    expect(page.locator(f"input[name=photo][value='{old.public_id}']")).to_be_checked()
    look_at(page, "asking-again", language)
    with page.expect_navigation():
        page.locator("button[value=ask]:not([data-marking] *)").click()
    look_at(page, "asking-shown", language)
    with page.expect_navigation():
        page.locator("#preview button[value=ask]").click()
    look_at(page, "asked-again", language)
    assert heard == []
    with stage.runtime.database.reading() as session:
        sent = session.scalars(select(Retake)).one()
        first, second = sent.drawing.marks
        assert (sent.version, sent.drawing.words) == (1, ("closer",))
        assert [first.shape, second.shape] == ["ellipse", "arrow"]
        wanted = [(0.25, 0.25), (0.5, 0.75), (0.7, 0.7), (0.55, 0.55)]
        found = [*first.points, *second.points]
        assert all(abs(a - b) < 0.02 for pair in zip(found, wanted, strict=True) for a, b in zip(*pair, strict=True)), (
            found
        )


@pytest.mark.parametrize("language", spread(["es", "en"], 1))
def test_the_mother_takes_it_again_through_the_marks(stage: Stage, held: Held, language: str) -> None:
    stage.ask(held)
    page = stage.enter(stage.devices.phone(**PHONE), stage.clinic.mother)
    heard = complaints(page)
    page.goto(f"{stage.address}/family/questions/{held[0].public_id}")
    if language == "en":
        page.get_by_role("button", name="English").click()
    expect(page.locator(".guide .drawn path")).to_have_count(2)
    look_at(page, "family-asked-again", language)
    page.locator("main a.btn-big").first.click()
    look_at(page, "family-again", language)
    page.locator("[data-open-camera]").click()
    film = page.locator("[data-live]")
    page.wait_for_function("() => document.querySelector('[data-live]').videoWidth > 0")
    # The marks lie over what the camera sees, whole and in their places.
    over, seen = page.locator(".viewfinder .drawn").bounding_box(), film.bounding_box()
    assert over == seen
    look_at(page, "family-camera", language)
    page.locator("[data-shutter]").click()
    look_at(page, "family-camera-taken", language)
    # A mother who took it and pressed "Done" believed that it was sent.
    expect(page.locator("[data-done]")).to_be_hidden()
    page.locator("[data-use]").click()
    expect(page.locator("[data-done]")).to_be_visible()
    expect(page.locator("form[data-upload-state=safe]")).to_have_count(1)
    look_at(page, "family-again-sent", language)
    assert heard == []
    with stage.runtime.database.reading() as session:
        assert session.get_one(Consult, held[0].id).status == "claimed"
        new = session.scalars(select(Attachment).order_by(Attachment.id.desc())).first()
        assert new is not None
        assert (new.view, new.kind) == ("close", "photo")
    page.goto(f"{stage.address}/family/questions/{held[0].public_id}")
    expect(page.locator("a[href*='/again/']")).to_have_count(0)


@pytest.mark.wide
def test_without_a_camera_or_scripts_the_plain_way_is_there(stage: Stage, held: Held) -> None:
    stage.ask(held)
    page = stage.enter(stage.devices.phone(java_script_enabled=False, **PHONE), stage.clinic.mother)
    page.goto(f"{stage.address}/family/questions/{held[0].public_id}")
    page.locator("main a.btn-big").first.click()
    page.wait_for_url("**/again/*")
    expect(page.locator(".guide .drawn path")).to_have_count(2)
    expect(page.locator("[data-open-camera]")).to_be_hidden()
    page.set_input_files(
        "#again-take", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": photo("eczema_far", size=(600, 400))}
    )
    page.locator("[data-upload-plain]").click()
    expect(page.locator("main")).to_contain_text("Recibimos su foto.")
    with stage.runtime.database.reading() as session:
        assert session.get_one(Consult, held[0].id).status == "claimed"


@pytest.mark.wide
def test_a_camera_that_does_not_open_says_so(stage: Stage, held: Held) -> None:
    asked = stage.ask(held)
    page = stage.enter(stage.devices.phone(**PHONE), stage.clinic.mother)
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    page.goto(f"{stage.address}/family/questions/{held[0].public_id}/again/{asked.public_id}")
    page.locator("[data-open-camera]").click()
    expect(page.locator("[data-camera-said]")).to_have_text(
        "No pudimos abrir la cámara aquí. Use los botones de abajo."
    )
    assert not page.locator(".camera").is_visible()
    assert page.locator("label[for=again-take]").is_visible()


@pytest.mark.wide
@pytest.mark.parametrize("language", spread(["es", "en"], 1))
def test_the_specialist_sees_both_photos_and_may_hide_the_marks(stage: Stage, held: Held, language: str) -> None:
    consult, _old = held
    asked = stage.ask(held)
    new = file_ready(stage.runtime, consult, stage.clinic.mother, MediaKind.PHOTO, copies("eczema_elbow"), NOW)
    with stage.runtime.database.writing() as session:
        # As the upload door writes it down.
        session.add(
            Upload(
                owner_id=stage.clinic.mother.id,
                consult_id=consult.id,
                kind="photo",
                reserved=1,
                key_wrapped=b"",
                attachment_id=new.id,
                retake_id=asked.id,
                created_at=NOW,
                expires_at=NOW,
            )
        )
    page = stage.enter(stage.devices.desktop(), stage.clinic.derm)
    heard = complaints(page)
    page.goto(f"{stage.address}/consults/{consult.public_id}?sheet=2")
    if language == "es":
        with page.expect_navigation(wait_until="load"):
            page.get_by_role("button", name="Español").click()
    sheet = page.locator("[data-sheet='2']")
    before, now = sheet.locator("[data-picture]").all()
    expect(sheet.locator(".was .drawn path")).to_have_count(2)
    look_at(page, "side-by-side", language)
    left, right = before.bounding_box(), now.bounding_box()
    assert left is not None
    assert right is not None
    assert abs(left["y"] - right["y"]) + abs(left["width"] - right["width"]) < 1
    assert left["x"] + left["width"] < right["x"]
    sheet.locator("[data-marked]").uncheck()
    expect(sheet.locator(".was .drawn")).to_be_hidden()
    page.locator("[data-do=in]").click()
    assert before.evaluate("image => image.style.transform") == now.evaluate("image => image.style.transform") != ""
    sheet.locator("[data-beside]").uncheck()
    expect(before).to_be_hidden()
    expect(now).to_be_visible()
    assert heard == []


@pytest.mark.wide
def test_the_clinic_takes_what_is_asked_of_it(stage: Stage, held: Held) -> None:
    stage.ask(held, Audience.CLINICIANS)
    page = stage.enter(stage.devices.desktop(), stage.clinic.pcp)
    heard = complaints(page)
    page.goto(f"{stage.address}/consults/{held[0].public_id}")
    look_at(page, "clinic-asked-again", "en")
    page.locator("a[href*='/again/']").click()
    look_at(page, "clinic-again", "en")
    data = photo("eczema_elbow", size=(900, 600))
    page.set_input_files("#again-choose", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": data})
    expect(page.locator("form[data-upload-state=safe]")).to_have_count(1)
    assert heard == []
    with stage.runtime.database.reading() as session:
        assert session.get_one(Consult, held[0].id).status == "claimed"
