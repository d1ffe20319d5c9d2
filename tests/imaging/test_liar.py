"""A child taken over by its file may say anything; the parent believes none of it that it cannot check."""

import io
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from imaging import TREATMENT_USE, Jail, Policy, Report, open_jail, prepare
from imaging.jail import wire
from tests.imaging import files
from tests.imaging.conftest import Kept

PHOTO = files.encode(files.corners(), "JPEG")
Message = tuple[bytes, bytes]
EXIT = (wire.EXIT, b'{"signal": 0, "code": 0, "cpu": 0.1, "rss": 1}')


def done(verdict: str = "ready", **facts: object) -> Message:
    return wire.DONE, json.dumps({"verdict": verdict, "reason": None, **facts}).encode()


def rendition(data: bytes, name: str = "view", media_type: str = "image/jpeg", width: object = 320) -> list[Message]:
    head = {"name": name, "media_type": media_type, "width": width, "height": 200}
    return [(wire.HEAD, json.dumps(head).encode()), (wire.BODY, data)]


class Liar:
    """A server on a socket of the jail's kind that says what it was told to, then hangs up."""

    def __init__(self, folder: Path, jail: Jail) -> None:
        self.jail = jail
        self.address = str(folder / "liar")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(self.address)
        self._listener.listen()

    def tell(self, *answers: Sequence[Message]) -> None:
        """Say one of these to each job."""
        threading.Thread(target=self._serve_each, args=(answers,), daemon=True).start()

    def _serve_each(self, answers: tuple[Sequence[Message], ...]) -> None:
        for messages in answers:
            self._serve(messages)

    def _serve(self, messages: Sequence[Message]) -> None:
        connection, _ = self._listener.accept()
        with connection:
            assert wire.receive(connection)[0] == wire.JOB
            try:
                wire.send_json(connection, wire.SEALED, {"locks": ["landlock", "seccomp"]})
                for kind, payload in messages:
                    wire.send(connection, kind, payload)
                while True:
                    wire.receive(connection)
            except wire.Gone:
                return

    def close(self) -> None:
        self._listener.close()


@pytest.fixture(scope="module")
def own() -> Iterator[Jail]:
    """A jail that nobody else asks while its server is another."""
    with open_jail() as opened:
        yield opened


@pytest.fixture
def liar(tmp_path: Path, own: Jail) -> Iterator[Liar]:
    server = Liar(tmp_path, own)
    yield server
    server.close()


def believe(liar: Liar, *messages: Message, again: Sequence[Message] = ()) -> tuple[Report, Kept]:
    """Let it say the one to the job; and the other, where there is one, to that for the copy to judge by, which is
    made by an honest jail where there is none.
    """
    kept = Kept()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(liar.jail, "address", liar.address)
        if again:
            patch.setattr(liar.jail, "twin_address", liar.address)
        liar.tell(messages, *([again] if again else []))
        return prepare("photo", io.BytesIO(PHOTO), kept, Policy(), jail=liar.jail), kept


def test_an_honest_answer_passes_so_the_others_fail_for_what_they_say(liar: Liar) -> None:
    report, kept = believe(liar, *rendition(PHOTO), done(), EXIT)
    assert report.is_ready
    assert kept.files == {"view": PHOTO}


@pytest.mark.parametrize(
    "messages",
    [
        [],
        rendition(files.soaked_jpeg()),
        rendition(b"<html><script>"),
        rendition(PHOTO, media_type="image/png"),
        rendition(PHOTO, name="../../etc/passwd"),
        rendition(PHOTO, name="page-1"),
        rendition(PHOTO) + rendition(PHOTO),
        rendition(PHOTO[:-2]),
    ],
)
def test_renditions_that_do_not_pass_are_never_put(liar: Liar, messages: list[Message]) -> None:
    """They come out so again however often the file is sent, so a person judges it, by a copy that does pass."""
    report, kept = believe(liar, *messages, done(), EXIT)
    assert (report.verdict, report.reason, report.label) == ("held", "verification", TREATMENT_USE)
    assert set(kept.files) == {"review"}
    assert Image.open(io.BytesIO(kept.files["review"])).size == (320, 200)


def test_where_no_copy_to_judge_by_passes_either_there_is_none(liar: Liar) -> None:
    said = [*rendition(PHOTO[:-2]), done(), EXIT]
    report, kept = believe(liar, *said, again=[*rendition(PHOTO[:-2], name="review"), done(), EXIT])
    assert (report.verdict, report.reason) == ("failed", "verification")
    assert (kept.files, report.renditions) == ({}, ())


@pytest.mark.parametrize(
    "messages",
    [
        [(wire.DONE, b"not json")],
        [(wire.DONE, b"[]")],
        [done("splendid"), EXIT],
        [done(), (wire.EXIT, b'{"signal": "none", "cpu": 0.1, "rss": 1}')],
        [(wire.READ, b"short")],
        [(wire.BODY, b"without a head")],
        [(wire.BUDGET, b'{"wall": "for ever"}')],
        [(wire.STEP, b'{"percent": "nearly"}')],
        [(wire.STEP, b'{"percent": 101}')],
        [(wire.STEP, b'{"percent": 40}')] * 2,
        rendition(PHOTO) * 4,
        [*rendition(PHOTO, width="wide"), done(), EXIT],
    ],
)
def test_what_no_honest_child_says_ends_the_job(liar: Liar, messages: list[Message]) -> None:
    report, kept = believe(liar, *messages)
    assert (report.verdict, report.reason) == ("failed", "crash")
    assert kept.files == {}


def test_a_child_that_says_ready_and_goes_without_its_last_word_is_not_believed(tmp_path: Path) -> None:
    with open_jail() as jail, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        jail.address = str(tmp_path / "short")
        listener.bind(jail.address)
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                wire.receive(connection)
                wire.send_json(connection, wire.SEALED, {"locks": []})
                for kind, payload in [*rendition(PHOTO), done()]:
                    wire.send(connection, kind, payload)

        threading.Thread(target=serve).start()
        kept = Kept()
        report = prepare("photo", io.BytesIO(PHOTO), kept, Policy(), jail=jail)
    assert (report.verdict, report.reason) == ("failed", "crash")
    assert kept.files == {}


def test_facts_with_a_story_in_them_do_not_reach_the_report(liar: Liar) -> None:
    told = done(width="Jane", removed=["exif", "born 2019-05-06"], quality={"sharpness": "Jane Q Tester"})
    report, _ = believe(liar, *rendition(PHOTO), told, EXIT)
    assert report.is_ready
    assert (report.source.width, report.removed, report.quality) == (None, ("exif",), {})
