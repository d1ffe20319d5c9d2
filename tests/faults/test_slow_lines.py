"""Many open lines that hardly ever send anything, against one HTTP process."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from econsult.people.persons import Person
from econsult.people.signin import end_access, open_session
from tests.web.browsing import SESSION
from tests.web.test_media import put
from tests.web.uploading import Phone, Server, open_server
from web.shell.still import EVERY
from workers.callers import Crowd, Line, Pace

HALF_A_HEAD = b"GET /family HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
A_FORM = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
HALF_A_FORM = A_FORM + b"Content-Length: 900\r\n\r\nemail="
MANY = 300


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = open_server(tmp_path_factory.mktemp("slow"))
    yield server
    server.stop()


@contextmanager
def slow_lines(port: int, beginning: bytes) -> Iterator[list[socket.socket]]:
    """So many lines that have begun a request; whoever has them may send the next byte of it."""
    with ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _number in range(MANY)
        ]
        for line in lines:
            line.sendall(beginning)
        yield lines


@pytest.mark.parametrize("beginning", [HALF_A_HEAD, HALF_A_FORM, b"", b"\r\n\r\n"])
@pytest.mark.wide
def test_pages_answer_while_hundreds_of_lines_trickle(server: Server, beginning: bytes) -> None:
    phone = Phone(server.ports[0], "")
    took = []
    with slow_lines(server.ports[0], beginning) as lines:
        for _round in range(3):
            for line in lines:
                line.send(b"x" if beginning else b"")
            began = time.monotonic()
            assert phone.ask("GET", "/health/live").status == 200
            took.append(time.monotonic() - began)
    # Without limits the first answer takes as long as the slowest line; the best of three forgives a busy machine.
    assert min(took) < 3


def test_who_comes_too_late_with_a_body_is_told_when_to_come_again(server: Server) -> None:
    with slow_lines(server.ports[0], HALF_A_FORM) as lines:
        lines[-1].settimeout(10)
        assert lines[-1].recv(4096).startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n")


def test_answers_that_nobody_hangs_up_on_delay_nobody(server: Server) -> None:
    request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with slow_lines(server.ports[0], request):
        began = time.monotonic()
        assert Phone(server.ports[0], "").ask("GET", "/health/live").status == 200
        # A process that waited for those who hang on would wait for half a minute; a busy machine may take seconds.
        assert time.monotonic() - began < 15


def test_a_request_in_two_halves_and_the_next_behind_it_are_answered(server: Server) -> None:
    request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.ports[0]), timeout=10) as line:
        line.sendall(request[:20])
        line.sendall(request[20:] + request + request[:9])
        answers = b""
        while answers.count(b'"live"') < 2:
            answers += line.recv(4096)
        line.sendall(request[9:])
        assert b"200 OK" in line.recv(4096)


def test_a_drop_now_and_then_does_not_renew_the_time() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = Line(ours)
        line.allow(Pace(0.3))
        theirs.sendall(b"x")
        assert line.recv(10) == b"x"
        with pytest.raises(TimeoutError):
            line.recv(10)
        line.allow(Pace(0.3, least=4))
        for _window in range(3):
            theirs.sendall(b"good")
            assert line.recv(10) == b"good"


def test_one_address_holds_so_many_lines_and_no_more() -> None:
    crowd = Crowd(2, hops=0)
    assert [crowd.enter("203.0.113.9") for _line in range(3)] == [True, True, False]
    assert crowd.enter("203.0.113.10")
    crowd.leave("203.0.113.9")
    assert crowd.enter("203.0.113.9")
    behind_a_proxy, at_home = Crowd(1, hops=1), Crowd(1, hops=0)
    assert all(behind_a_proxy.enter("203.0.113.9") for _line in range(3))
    assert all(at_home.enter("127.0.0.1") for _line in range(3))


@pytest.mark.wide
def test_an_address_with_too_many_lines_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECONSULT_CONNECTIONS_PER_ADDRESS", "3")
    server = open_server(tmp_path)
    try:
        with ExitStack() as stack:
            here, there = ("127.0.0.1", server.ports[0]), ("127.0.0.2", 0)
            lines = [
                stack.enter_context(socket.create_connection(here, timeout=10, source_address=there))
                for _number in range(4)
            ]
            assert lines[-1].recv(1) == b""
            lines[0].sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
            assert lines[0].recv(15) == b"HTTP/1.0 200 OK"
    finally:
        server.stop()


def test_a_refusal_that_leaves_the_body_unread_says_that_the_line_will_be_closed(server: Server) -> None:
    phone, tries = Phone(server.ports[0], ""), 20
    answer = phone.ask("POST", "/uploads", b"x" * 100_000)
    while answer.status == 503 and tries:
        # The bodies of a test before this one may still hold all places; whoever is told so comes again.
        tries -= 1
        time.sleep(0.5)
        answer = phone.ask("POST", "/uploads", b"x" * 100_000)
    assert (answer.status, answer.headers["connection"]) == (401, "close")


def test_a_slow_line_gets_little_more_of_a_film_once_its_person_is_out(server: Server) -> None:
    """What the system had taken in advance was megabytes, and went out for a quarter of a minute and more."""
    address = put(server.runtime, server.clinic, data=bytes(8_000_000))
    with server.runtime.database.writing() as session:
        token = open_session(session, server.clinic.derm, datetime.now(UTC))
    with socket.socket() as line:
        line.settimeout(20)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
        line.connect(("127.0.0.1", server.ports[0]))
        line.sendall(f"GET {address} HTTP/1.1\r\nHost: localhost\r\nCookie: {SESSION}={token}\r\n\r\n".encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 200 OK")
        with server.runtime.database.writing() as session:
            end_access(session, session.get_one(Person, server.clinic.derm.id))
        time.sleep(2 * EVERY)
        rest = 0
        while piece := line.recv(65_536):
            rest += len(piece)
    assert rest < 180_000
