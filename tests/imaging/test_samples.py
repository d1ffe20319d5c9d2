"""The drawn demo media: believable files with real metadata, the same bytes each time."""

import io

import av
import cv2
import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageOps
from PIL.ExifTags import IFD, Base

from imaging import samples
from tests.spread import spread

SMALL = (800, 600)
SITTER = samples.Patient(name="Zoë Example-Núñez", birth_date="2019-04-02", mrn="SYN-0042")


def opened(data: bytes) -> Image.Image:
    """Return the fully decoded picture."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def upright(data: bytes) -> np.ndarray:
    """Return RGB pixels the way a person sees them."""
    return np.asarray(ImageOps.exif_transpose(opened(data)).convert("RGB"))


@pytest.mark.wide
@pytest.mark.parametrize("scene", spread(sorted(samples.SCENES), 2))
def test_the_same_arguments_give_the_same_photo_and_another_seed_another_one(scene):
    first = samples.photo(scene, tone=4, seed=5, size=SMALL)
    assert first == samples.photo(scene, tone=4, seed=5, size=SMALL)
    assert not np.array_equal(upright(first), upright(samples.photo(scene, tone=4, seed=6, size=SMALL)))


@pytest.mark.parametrize("scene", spread(sorted(samples.SCENES), 2))
def test_every_scene_fills_the_frame_with_a_detailed_picture_of_the_asked_size(scene):
    pixels = upright(samples.photo(scene, tone=3, seed=2, size=SMALL))
    assert pixels.shape == (600, 800, 3)
    assert pixels.std() > 8
    assert 25 < pixels.mean() < 245


def test_a_phone_photo_carries_camera_owner_date_place_and_producer():
    image = opened(samples.photo("ring", tone=4, seed=3, size=SMALL))
    exif = image.getexif()
    shot, place = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    assert exif[Base.Make]
    assert exif[Base.Software] == samples.PRODUCER
    assert exif[Base.Orientation] in (1, 3, 6, 8)
    assert shot[Base.DateTimeOriginal].startswith("2026:")
    assert shot[Base.BodySerialNumber].startswith("SYN")
    assert float(place[2][0]) == 33
    assert image.info["comment"] == samples.PRODUCER.encode()
    assert b"CreatorTool" in image.info["xmp"]


def test_a_photo_without_metadata_carries_none():
    image = opened(samples.photo("ring", tone=4, seed=3, size=SMALL, metadata=False))
    assert not image.getexif()
    assert image.size == SMALL
    assert not {"comment", "xmp"} & set(image.info)


@pytest.mark.wide
@pytest.mark.parametrize("scene", spread(sorted(samples.SCENES), 2))
def test_one_seed_shows_the_same_picture_at_every_size(scene):
    big = upright(samples.photo(scene, seed=9, size=(2016, 1512), metadata=False))
    small = upright(samples.photo(scene, seed=9, size=(400, 300), metadata=False)).astype(float)
    assert np.abs(cv2.resize(big, (400, 300), interpolation=cv2.INTER_AREA) - small).mean() < 8


@pytest.mark.wide
def test_phones_are_held_in_every_way_and_the_picture_is_always_upright_for_the_reader():
    held = set()
    for seed in range(24):
        image = opened(samples.photo("growth_chart", seed=seed, size=(240, 180)))
        held.add(image.getexif()[Base.Orientation])
        assert ImageOps.exif_transpose(image).size == (240, 180)
    assert held == {1, 3, 6, 8}


@pytest.mark.wide
def test_turning_by_the_orientation_gives_back_the_picture_that_was_drawn():
    for seed in (0, 3, 5):
        turned = upright(samples.photo("bites_leg", tone=2, seed=seed, size=SMALL)).astype(float)
        plain = upright(samples.photo("bites_leg", tone=2, seed=seed, size=SMALL, metadata=False)).astype(float)
        assert np.abs(turned - plain).mean() < 2


@pytest.mark.wide
@pytest.mark.parametrize("scene", ["eczema_elbow", "hyperpigmentation", "surgical_scar", "hives"])
def test_tones_grow_darker_from_one_to_six(scene):
    def brightness(tone: int) -> float:
        return float(upright(samples.photo(scene, tone=tone, seed=4, size=(400, 300)))[:200].mean())

    steps = np.diff([brightness(tone) for tone in range(1, 7)])
    assert (steps < -4).all()


@pytest.mark.wide
@pytest.mark.parametrize("tone", range(1, 7))
def test_a_rash_is_redder_than_the_skin_around_it_on_every_tone(tone):
    pixels = upright(samples.photo("eczema_elbow", tone=tone, seed=4, size=SMALL)).astype(np.float32)
    redness = (pixels[..., 0] / pixels[..., 1])[100:360, 150:650]
    assert np.percentile(redness, 90) > 1.08 * np.percentile(redness, 40)


@pytest.mark.wide
@pytest.mark.parametrize("media_type", ["image/png", "image/webp"])
def test_png_and_webp_keep_the_same_picture_and_their_own_metadata(media_type):
    data = samples.photo("cafe_au_lait", tone=2, seed=8, size=SMALL, media_type=media_type)
    image = opened(data)
    jpeg = upright(samples.photo("cafe_au_lait", tone=2, seed=8, size=SMALL))
    assert Image.MIME[image.format] == media_type
    assert image.getexif().get_ifd(IFD.GPSInfo)
    assert np.abs(upright(data).astype(float) - jpeg).mean() < 4


@pytest.mark.wide
def test_a_blurred_photo_is_soft_and_a_dark_one_is_dark():
    plain, blurred, dark = (
        cv2.cvtColor(upright(samples.photo("eczema_elbow", seed=1, size=SMALL, fault=fault)), cv2.COLOR_RGB2GRAY)
        for fault in (None, "blur", "dark")
    )

    def edges(grey: np.ndarray) -> float:
        return float(np.abs(np.diff(cv2.resize(grey, (400, 300), interpolation=cv2.INTER_AREA).astype(float))).mean())

    assert edges(blurred) < 0.5 * edges(plain)
    assert dark.mean() < 0.3 * plain.mean()


@pytest.mark.wide
def test_the_ruler_in_a_close_up_measures_true():
    pixels = upright(samples.photo("ring", tone=5, seed=2, size=(1560, 1170), metadata=False))
    paper = (pixels.min(axis=2) > 150).astype(np.uint8)
    contours, _ = cv2.findContours(cv2.morphologyEx(paper, cv2.MORPH_CLOSE, np.ones((25, 25))), 0, 2)
    (_, _), sides, _ = cv2.minAreaRect(max(contours, key=cv2.contourArea))
    pixels_per_mm = 1560 / 78
    assert max(sides) / pixels_per_mm == pytest.approx(58, abs=2.5)


@pytest.mark.parametrize(
    "wrong", [{"scene": "face"}, {"tone": 0}, {"tone": 7}, {"fault": "rain"}, {"media_type": "image/gif"}]
)
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError, match="unknown"):
        samples.photo(**({"scene": "ring", "size": (80, 60)} | wrong))


@pytest.mark.parametrize("film", sorted(samples.FILMS))
def test_a_video_moves_has_sound_and_carries_time_place_and_producer(film):
    data = samples.video(film, seed=2, seconds=1.0, size=(320, 180))
    with av.open(io.BytesIO(data)) as container:
        assert container.metadata["creation_time"].startswith("2026-")
        assert container.metadata["location"].startswith("+33.")
        assert container.metadata["comment"] == samples.PRODUCER
        frames = [frame.to_ndarray(format="rgb24").astype(float) for frame in container.decode(video=0)]
    with av.open(io.BytesIO(data)) as container:
        loudness = max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0))
    assert [frames[0].shape, len(frames)] == [(180, 320, 3), 24]
    assert max(np.abs(frames[0] - frame).max() for frame in frames) > 30
    assert loudness > 0.02


@pytest.mark.wide
def test_the_same_arguments_give_the_same_video():
    first = samples.video("tremor", seed=3, seconds=0.5, size=(320, 180))
    assert first == samples.video("tremor", seed=3, seconds=0.5, size=(320, 180))
    assert first != samples.video("tremor", seed=4, seconds=0.5, size=(320, 180))


def test_a_video_of_odd_size_or_no_length_is_refused():
    for wrong in ({"size": (321, 180)}, {"seconds": 0}, {"kind": "face"}):
        with pytest.raises(ValueError, match="unknown kind"):
            samples.video(**({"kind": "tremor", "seconds": 1.0} | wrong))


@pytest.mark.parametrize("panel", sorted(samples.PANELS))
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_lab_report_holds_the_patient_in_its_text_layer_and_properties(panel, language):
    data = samples.lab_pdf(seed=1, patient=SITTER, panel=panel, pages=2, language=language)
    assert data == samples.lab_pdf(seed=1, patient=SITTER, panel=panel, pages=2, language=language)
    document = pypdfium2.PdfDocument(data)
    pages = [page.get_textpage().get_text_range() for page in document]
    properties = document.get_metadata_dict()
    document.close()
    assert len(pages) == 2
    assert all(word in page for page in pages for word in SITTER.values())
    assert SITTER["name"] in properties["Title"]
    assert properties["Author"]
    assert properties["Producer"] == samples.PRODUCER


def test_a_lab_report_prints_every_test_and_flags_what_is_out_of_range():
    flags = set()
    for seed in range(6):
        document = pypdfium2.PdfDocument(samples.lab_pdf(seed=seed, patient=SITTER, panel="cbc"))
        text = document[0].get_textpage().get_text_range()
        document.close()
        assert all(assay.name in text for assay in samples.PANELS["cbc"])
        flags |= {line.strip() for line in text.replace(" ", "\n").splitlines()} & {"H", "L"}
    assert flags == {"H", "L"}


def test_a_lab_report_renders_ink_on_paper():
    document = pypdfium2.PdfDocument(samples.lab_pdf(seed=1, patient=SITTER, panel="cmp"))
    page = np.asarray(document[0].render(scale=1).to_pil().convert("L"))
    document.close()
    assert page.shape == (792, 612)
    assert 0.01 < (page < 128).mean() < 0.2


def test_letters_and_brackets_that_pdf_treats_specially_are_printed_as_they_are():
    sitter = samples.Patient(name="A (b) \\ c) — 李", birth_date="-", mrn="1")
    document = pypdfium2.PdfDocument(samples.lab_pdf(seed=1, patient=sitter, panel="tsh"))
    text, title = document[0].get_textpage().get_text_range(), document.get_metadata_dict()["Title"]
    document.close()
    assert "A (b) \\ c) — ?" in text
    assert title.endswith("— 李")


def test_an_unknown_panel_or_language_or_no_pages_is_refused():
    for wrong in ({"panel": "hair"}, {"language": "xx"}, {"pages": 0}):
        with pytest.raises(ValueError, match="unknown panel"):
            samples.lab_pdf(**({"seed": 1, "patient": SITTER, "panel": "cbc"} | wrong))


def test_the_demo_set_holds_25_cases_of_eleven_specialties_with_names_that_tell_nothing():
    cases = list(samples.demo_set())
    names = [media.file_name for case in cases for media in case.media]
    assert [case.number for case in cases] == list(range(1, 26))
    assert len({case.specialty for case in cases}) == 11
    assert len(set(names)) == len(names)
    told = {*samples.SCENES, *samples.FILMS, *samples.PANELS, SITTER["name"]}
    assert not any(word in name for word in told for name in names)


@pytest.mark.slow
def test_every_file_of_the_demo_set_can_be_drawn_and_is_what_it_says():
    heads = {"image/jpeg": b"\xff\xd8\xff", "application/pdf": b"%PDF-1.4"}
    for case in samples.demo_set(photo_size=(160, 120)):
        for media in case.media:
            if media.kind != "video":
                assert media.make(SITTER).startswith(heads[media.media_type])
    films = [media for case in samples.demo_set() for media in case.media if media.kind == "video"]
    assert films[0].make(SITTER)[4:8] == b"ftyp"
