"""The story as people live it: a mother's phone, a doctor's desk and a specialist's, in a real browser.

The blobs of this clinic lie in a bucket of a real S3 server; whoever reads the bucket learns nothing.
"""

from __future__ import annotations

from tests.journeys import clinic, mother, specialist
from tests.journeys.eyes import Eyes
from tests.journeys.media import Media
from tests.journeys.story import ANSWER, Cast
from tests.journeys.test_story_on_s3 import check_bucket
from tests.services.browser import Devices
from tests.services.product import Product
from tests.services.rgw import Gateway

MORE = "Por favor, una foto más de cerca, con luz de día."


def test_a_mothers_question_comes_back_as_an_answer(
    s3_product: Product, rgw: Gateway, devices: Devices, media: Media
) -> None:
    phone = Eyes("mother", devices.phone(), s3_product)
    desk = Eyes("clinic", devices.desktop(), s3_product)
    reading_room = Eyes("specialist", devices.desktop(), s3_product)
    child = Cast(s3_product).child()["name"]

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

    check_bucket(s3_product, rgw, child, files=20)
