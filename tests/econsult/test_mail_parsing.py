"""What is read of an e-mail, and that no message, however it was broken, does more than be refused."""

from __future__ import annotations

import base64
import os
import random
import time
from email.message import EmailMessage

import pytest

from econsult.incoming import parsing
from econsult.incoming.parsing import CorruptMailError, read_letter, read_sender
from tests.econsult.letters import PHOTO, WORDS, letter

HEAD = b"From: a@clinic.test\nMessage-ID: <1@x>\nMIME-Version: 1.0\n"
TEXT = HEAD + b"Content-Type: text/plain\n\nwords"


def test_of_a_forwarded_photo_the_words_and_the_file_are_kept() -> None:
    found = read_letter(letter())
    assert found.text == f"Elbows\n\n{WORDS}"
    assert [(part.name, part.kind, part.data) for part in found.parts] == [("IMG_1.jpg", "photo", PHOTO)]
    assert (found.is_cut, found.left_out) == (False, 0)


def test_what_a_request_does_not_take_is_left_out_and_counted() -> None:
    files = (
        ("a.pdf", "application/pdf", b"%PDF-1.7"),
        ("b.MOV", "application/octet-stream", b"film"),
        ("c.svg", "image/svg+xml", b"<svg/>"),
        ("d.zip", "application/zip", b"PK\3\4"),
        ("e.docx", "application/octet-stream", b"PK\3\4"),
    )
    found = read_letter(letter(files=files))
    assert [(part.name, part.kind) for part in found.parts] == [("a.pdf", "lab_document"), ("b.MOV", "video")]
    assert found.left_out == 3


def test_a_message_within_a_message_is_read_too_and_html_never() -> None:
    inner, outer = EmailMessage(), EmailMessage()
    inner["Subject"] = "Inner"
    inner.set_content("The inner words")
    inner.add_alternative("<p>The inner words <script>x</script></p>", subtype="html")
    inner.add_attachment(PHOTO, maintype="image", subtype="png", filename="../../etc/\u202eIMG\n.png")
    outer["From"], outer["Message-ID"] = "a@clinic.test", "<2@x>"
    outer.set_content("See below")
    outer.add_attachment(inner)
    found = read_letter(outer.as_bytes())
    assert found.text == "See below\n\nThe inner words"
    assert [part.name for part in found.parts] == ["IMG.png"]


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (b"From: a@clinic.test", "a@clinic.test"),
        (b"From: =?utf-8?q?Dr=2E_Hale?= <A@Clinic.test>", "A@Clinic.test"),
        (b"From: a@clinic.test, b@clinic.test", ""),
        (b"From: a@clinic.test\nFrom: b@clinic.test", ""),
        (b"From: b@clinic.test <a@clinic.test>", ""),
        (b"From: a@clinic.test@b.test", ""),
        (b"Sender: a@clinic.test", ""),
        (b"From:", ""),
        (b"From: nobody", ""),
        (b"From: \xff\xfe\0 <a@clinic\0.test>", ""),
        (b"From: (((((" + b"(" * 5000 + b"a@clinic.test", ""),
    ],
)
def test_a_sender_is_one_address_or_nobody(line: bytes, address: str) -> None:
    assert read_sender(line + b"\nSubject: x\n\nwords") == address


def test_two_deliveries_of_one_message_have_one_hash_whatever_was_added_on_the_way() -> None:
    again = b"Received: from elsewhere\n" + letter()
    assert read_letter(letter()).message_hash == read_letter(again).message_hash
    assert read_letter(letter(name="2@x")).message_hash != read_letter(letter()).message_hash
    bare = TEXT.replace(b"Message-ID: <1@x>\n", b"")
    assert read_letter(bare).message_hash == read_letter(bare).message_hash != read_letter(bare + b"!").message_hash


def test_a_long_text_is_kept_up_to_its_limit_and_says_so() -> None:
    found = read_letter(letter(text="a" * (parsing.LONGEST_TEXT + 5), files=()))
    assert (len(found.text), found.is_cut) == (parsing.LONGEST_TEXT, True)


def nested(depth: int) -> bytes:
    """A part in a part in a part."""
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(depth))
    return HEAD + opened + b"Content-Type: text/plain\n\nwords\n"


def forwarded(depth: int) -> bytes:
    """A message in a message in a message, which needs no boundary."""
    return HEAD + b"Content-Type: message/rfc822\n\n" * depth + b"Subject: x\n\nwords\n"


def many(count: int) -> bytes:
    part = b"\n--b\nContent-Type: image/png\n\nx"
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\n" + part * count + b"\n--b--\n"


REFUSED = {
    "nothing": b"",
    "no words": HEAD + b"\n",
    "zeros": bytes(100_000),
    "a body of a file that is not there": HEAD + b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n",
    "many parts without a boundary": HEAD + b"Content-Type: multipart/mixed\n\nwords",
    "nested a thousand deep": nested(1000),
    "nested as deep as there are boundaries": nested(parsing.MOST_BOUNDARIES),
    "forwarded a thousand times": forwarded(1000),
    "forwarded thirty times": forwarded(30),
    "ten thousand parts": many(10_000),
    "a hundred thousand parts": many(100_000),
    "lines without end": TEXT + b"\r" * (parsing.MOST_LINES + 10),
    "boundaries without end": TEXT + b" boundary=b" * (parsing.MOST_BOUNDARIES + 1),
    "a type without end": HEAD + b"Content-Type: text/plain" + b'; a="b;"' * 20_000 + b"\n\nwords",
    "a folded type without end": HEAD + b"Content-Type: text/plain;" + b'\n a="b;";' * 20_000 + b"\n\nwords",
    "a disposition without end": HEAD + b"Content-Disposition: x" + b';"' * 40_000 + b"\n\nwords",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_a_hostile_message_is_refused_soon(raw: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(CorruptMailError):
        read_letter(raw)
    assert time.process_time() - begun < 5


def test_a_head_or_a_message_beyond_its_limit_is_refused_before_it_is_read() -> None:
    for raw in (b"X: " + b"a" * parsing.LONGEST_HEAD + TEXT, TEXT + bytes(parsing.LARGEST)):
        with pytest.raises(CorruptMailError, match="too large"):
            read_sender(raw)


SURVIVED = {
    "an unknown character set": TEXT.replace(b"text/plain", b"text/plain; charset=klingon"),
    "a character set with a zero": TEXT.replace(b"text/plain", b"text/plain; charset=\0utf-8"),
    "a codec that is none of text": TEXT.replace(b"text/plain", b"text/plain; charset=base64"),
    "half a letter": TEXT + b"\xc3",
    "an unknown encoding": TEXT.replace(b"\n\n", b"\nContent-Transfer-Encoding: x-zip\n\n"),
    "a broken encoding": TEXT.replace(b"\n\nwords", b"\nContent-Transfer-Encoding: base64\n\nd29yZHM!=?"),
    "broken quoting": TEXT.replace(b"\n\nwords", b"\nContent-Transfer-Encoding: quoted-printable\n\nwords=ZZ=\n="),
    "a subject in no language": b"Subject: =?x-none?b?!!!?= =?utf-8?q?=ff=\xff?=\n" + TEXT,
    "a large head": b"X: " + b"a" * 100_000 + b"\n" + TEXT,
    "cut within a part": letter()[:-3000],
}


@pytest.mark.parametrize("raw", SURVIVED.values(), ids=SURVIVED.keys())
def test_of_a_broken_message_what_can_be_read_is_kept(raw: bytes) -> None:
    found = read_letter(raw)
    assert "words" in found.text or found.parts or "Elbows" in found.text
    assert "\0" not in found.text


def test_a_broken_file_comes_as_its_bytes_are_and_nothing_is_unpacked() -> None:
    bomb = base64.b64encode(os.urandom(3000)).replace(b"A", b"*")
    raw = HEAD + b"Content-Type: application/pdf\nContent-Encoding: gzip\nContent-Transfer-Encoding: base64\n\n" + bomb
    assert len(read_letter(raw).parts[0].data) <= len(bomb)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_changed_in_a_message_it_is_read_or_refused(seed: int) -> None:
    dice, whole = random.Random(seed), letter() + nested(5) + many(3)
    for _ in range(300):
        raw = bytearray(whole[: dice.randrange(len(whole))])
        for _ in range(dice.randrange(1, 30)):
            at = dice.randrange(len(raw) + 1)
            raw[at : at + dice.randrange(8)] = dice.choice((b"\0", b"\r", b"\n\n", b"--", b"=?", b'"', b"\xff", b";"))
        try:
            read_sender(bytes(raw))
            read_letter(bytes(raw))
        except CorruptMailError:
            continue
