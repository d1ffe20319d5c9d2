"""Signing in with a password while others read: `python -m tests.bench.signin`. Wants an idle machine.

A real HTTP process on a real SQLite file. Eight people sign in at once, again and again, each with a hash of 46 MiB of
which two are made at a time; meanwhile somebody who is in loads a page without a pause. A moment before that,
the same page is loaded alone, which tells how much of its time the sign-ins cost.

It fails where a figure is over its limit; `--print-only` is for a machine that has other work.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from econsult.people.passwords import hash_password
from econsult.people.persons import Person, Role, add_person
from econsult.people.signin import open_session
from tests.bench._figures import report
from tests.web.browsing import SESSION, token_from
from tests.web.uploading import Server, open_server

AT_ONCE = 8
SIGN_IN_LIMIT, PAGE_LIMIT = 600.0, 100.0
PASSWORD = "a sentence that nobody guesses"
ALONE = 60
"""So many loads of the page without anybody signing in."""


@dataclass
class Caller:
    """One browser on a line of its own, with what it was given to keep."""

    port: int
    cookies: dict[str, str]

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, float]:
        """Status, text and milliseconds of one request."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        line.request(method, path, urlencode(fields or {}), headers)
        answer = line.getresponse()
        text = answer.read().decode()
        took = (time.perf_counter() - began) * 1000
        for header in answer.headers.get_all("Set-Cookie") or ():
            self.cookies |= {name: each.value for name, each in SimpleCookie(header).items()}
        line.close()
        return answer.status, text, took


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.signin", description=__doc__)
    parser.add_argument("--times", type=int, default=15, help="how often each of the eight signs in")
    parser.add_argument("--print-only", action="store_true", help="fail for no figure")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ec-bench-"))
    server = open_server(folder)
    try:
        emails, reader = _people(server)
        alone = [_load(reader) for _ in range(ALONE)]
        signed_in, beside = _rush(server, emails, reader, given.times)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    report("signin.page.alone.p95", _percentile(alone), "ms")
    report("signin.page.beside_8.p95", _percentile(beside), "ms", limit=PAGE_LIMIT)
    report("signin.password.8_at_once.p50", round(statistics.median(signed_in), 1), "ms")
    report("signin.password.8_at_once.p95", _percentile(signed_in), "ms", limit=SIGN_IN_LIMIT)
    return 0 if given.print_only or is_kept(_percentile(signed_in), _percentile(beside)) else 1


def is_kept(signing_in: float, page: float) -> bool:
    """Whether both 95th percentiles, in milliseconds, are within their limits."""
    return signing_in <= SIGN_IN_LIMIT and page <= PAGE_LIMIT


def _people(server: Server) -> tuple[list[str], Caller]:
    """The addresses of eight who sign in, and the browser of one who is in."""
    runtime, now = server.runtime, datetime.now(UTC)
    stored, emails = hash_password(PASSWORD), [f"reader-{number}@clinic.test" for number in range(AT_ONCE)]
    with runtime.database.writing() as session:
        for email in emails:
            details = {"email": email, "name": email, "role": Role.CAREGIVER, "now": now}
            person: Person = add_person(session, runtime.database.cipher, server.clinic.program, **details)
            person.password_hash = stored
        token = open_session(session, server.clinic.mother, now)
    return emails, Caller(server.ports[0], {SESSION: token})


def _load(reader: Caller) -> float:
    status, _text, took = reader.ask("GET", "/family")
    if status != 200:
        raise SystemExit(f"The page answered {status}")
    return took


def _sign_in(port: int, email: str) -> float:
    caller = Caller(port, {})
    _status, page, _took = caller.ask("GET", "/sign-in")
    fields = {"csrf_token": token_from(page), "email": email, "password": PASSWORD}
    status, _text, took = caller.ask("POST", "/sign-in", fields)
    if status != 303 or SESSION not in caller.cookies:
        raise SystemExit(f"The door answered {status}")
    return took


def _rush(server: Server, emails: list[str], reader: Caller, times: int) -> tuple[list[float], list[float]]:
    """Milliseconds of every sign-in, and of every load of the page while they went on."""
    signed_in: list[float] = []
    beside: list[float] = []
    is_over = threading.Event()

    def sign_in_again(email: str) -> None:
        signed_in.extend(_sign_in(server.ports[0], email) for _ in range(times))

    def read_on() -> None:
        while not is_over.is_set():
            beside.append(_load(reader))

    reading = _begun(read_on)
    for thread in [_begun(lambda email=email: sign_in_again(email)) for email in emails]:  # type: ignore[misc]
        thread.join()
    is_over.set()
    reading.join()
    if len(signed_in) != times * len(emails) or not beside:
        raise SystemExit("Not everybody came in.")
    return signed_in, beside


def _begun(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def _percentile(values: list[float]) -> float:
    return round(statistics.quantiles(values, n=20)[-1], 1)


if __name__ == "__main__":
    raise SystemExit(main())
