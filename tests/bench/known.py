"""Whether the door tells by its time who has an account: `python -m tests.bench.known`. Wants an idle machine.

Two hundred addresses with an account and two hundred without are tried in a random order, each from a network address
of its own, with a wrong password and with the wish for a link. Their times are compared by Mann and Whitney's test and
by their means. It fails where either could tell them apart; `--print-only` is for a machine that has other work.
"""

from __future__ import annotations

import argparse
import math
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient

from econsult.people.passwords import hash_password
from econsult.people.persons import Person, Role, add_person
from econsult.settings import load_settings
from tests.bench._figures import report
from tests.personas import PASSWORD_ALONE, open_clinic
from tests.schema import lay_schema
from tests.web.browsing import token_from
from web import create_app
from workers.runtime import Runtime, open_runtime

EACH = 200
LEAST_P, APART = 0.01, 5.0
"""Below such a chance, or with means so many percent apart, somebody could tell."""
PAGES = {"sign_in": ("/sign-in", {"password": "a wrong sentence here"}), "link": ("/sign-in/by-mail", {})}


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.known", description=__doc__)
    parser.add_argument("--print-only", action="store_true", help="fail for no figure")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ec-bench-"))
    try:
        runtime = open_runtime(load_settings({"ECONSULT_DATA": str(folder), **PASSWORD_ALONE}))
        _people(runtime)
        browser = create_app(runtime).test_client()
        are_alike = [_compare(browser, name) for name in PAGES]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if given.print_only or all(are_alike) else 1


def _people(runtime: Runtime) -> None:
    lay_schema(runtime.database)
    clinic, now = open_clinic(runtime.database, vault=runtime.vault), datetime.now(UTC)
    stored = hash_password("a sentence that nobody guesses")
    with runtime.database.writing() as session:
        for number in range(EACH):
            details = {"email": _address(number, is_known=True), "name": "Ana Prueba", "role": Role.CAREGIVER}
            person: Person = add_person(session, runtime.database.cipher, clinic.program, now=now, **details)
            person.password_hash = stored


def _address(number: int, *, is_known: bool) -> str:
    return f"{'reader' if is_known else 'nobody'}-{number}@clinic.test"


def _compare(browser: FlaskClient, name: str) -> bool:
    """Whether known and unknown addresses take as long."""
    path, fields = PAGES[name]
    token, took = token_from(browser.get(path).text), {True: list[float](), False: list[float]()}
    asked = [(number, is_known) for number in range(EACH) for is_known in (True, False)]
    random.shuffle(asked)
    for place, (number, is_known) in enumerate(asked):
        form = {"csrf_token": token, "email": _address(number, is_known=is_known), **fields}
        began = time.perf_counter()
        browser.post(
            path, data=form, environ_base={"REMOTE_ADDR": f"10.{name == 'link':d}.{place // 250}.{place % 250}"}
        )
        took[is_known].append((time.perf_counter() - began) * 1000)
    known, unknown = took[True], took[False]
    apart = abs(_mean(known) / _mean(unknown) - 1) * 100
    chance = likelihood(known, unknown)
    report(f"known.{name}.mean", round(_mean(known), 2), "ms", peer="unknown", ratio=round(1 + apart / 100, 4))
    report(f"known.{name}.means_apart", round(apart, 2), "%", limit=APART)
    report(f"known.{name}.p", round(chance, 4), "chance")
    return chance > LEAST_P and apart <= APART


def _mean(times: Sequence[float]) -> float:
    """Without the slowest tenth, in which something else was at work."""
    return statistics.mean(sorted(times)[: len(times) * 9 // 10])


def likelihood(one: Sequence[float], other: Sequence[float]) -> float:
    """How likely two samples differ so much by chance alone (Mann and Whitney, by the normal distribution)."""
    above = sum(a > b for a in one for b in other) + sum(a == b for a in one for b in other) / 2
    sizes = len(one) * len(other)
    spread = math.sqrt(sizes * (len(one) + len(other) + 1) / 12)
    return math.erfc(abs(above - sizes / 2) / spread / math.sqrt(2))


if __name__ == "__main__":
    raise SystemExit(main())
