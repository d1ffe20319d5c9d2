"""The story as people live it: a mother's phone, a doctor's desk and a specialist's, in a real browser."""

from __future__ import annotations

from pathlib import Path

from tests.journeys import clinic, mother, specialist
from tests.journeys.eyes import Eyes
from tests.journeys.media import Media
from tests.journeys.story import ANSWER, Cast
from tests.services.browser import Devices
from tests.services.product import Product

MORE = "Por favor, una foto más de cerca, con luz de día."


def test_a_mothers_question_comes_back_as_an_answer(
    product: Product, cast: Cast, devices: Devices, media: Media, shots: Path
) -> None:
    phone = Eyes("mother", devices.phone(), product, shots)
    desk = Eyes("clinic", devices.desktop(), product, shots)
    reading_room = Eyes("specialist", devices.desktop(), product, shots)
    child = cast.child()["name"]

    mother.begin(phone)
    mother.say_where(phone)
    mother.send_files(phone, media)
    mother.tell(phone)
    number = mother.consent(phone)
    path = mother.follow(phone)

    clinic.read_question(desk, number, child)
    clinic.send_on(desk, number)

    specialist.find(reading_room, number, child)
    specialist.claim(reading_room, child)
    specialist.look_at_media(reading_room)
    specialist.ask_for_more(reading_room, MORE)
    mother.send_one_more(phone, path, media.again, MORE)
    specialist.get_more(reading_room)
    specialist.write(reading_room)
    clinic.see_no_draft(desk, number, ANSWER["impression"])
    mother.see_no_answer(phone, path, ANSWER["family_summary"])
    specialist.sign(reading_room, number)

    mother.see_no_answer(phone, path, ANSWER["family_summary"])
    clinic.acknowledge(desk, number, ANSWER["impression"])
    mother.read_answer(phone, path, ANSWER["family_summary"])
    clinic.close(desk, number)
