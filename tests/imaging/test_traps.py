"""Tables that lie, rings of references and files with something hung on them: each ends with a verdict, in bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imaging import Jail
from tests.imaging import files
from tests.imaging.conftest import PLAIN, Prepare, Prepared
from tests.imaging.snares import SNARES
from tests.imaging.test_bombs import is_terminal
from tests.imaging.traps import TAKEN, TRAPS
from tests.spread import spread
from tests.timing import quickest

HEARD = replace(PLAIN, keeps_voice=True)


@pytest.mark.parametrize("name", spread(TRAPS, 4))
def test_a_trap_ends_in_bounds_with_a_reason(run: Prepare, jail: Jail, name: str) -> None:
    kind, make = TRAPS[name]
    data, server = make(), jail.pid
    taken: list[Prepared] = []
    outside = quickest(lambda: taken.append(run(data, kind, HEARD)), 3)
    report, kept = taken[0]
    assert is_terminal(report), report
    assert bool(kept.files) == report.is_ready
    assert report.is_ready or name not in TAKEN, report
    assert jail.pid == server
    assert outside < 3, "what is done outside of the jail is bounded too"
    assert not any(b"PK\x03\x04" in copy for copy in kept.files.values())


@pytest.mark.parametrize("name", spread(SNARES, 4))
def test_what_lies_about_its_own_structure_ends_in_bounds_with_a_reason(run: Prepare, jail: Jail, name: str) -> None:
    kind, make = SNARES[name]
    server = jail.pid
    report, kept = run(make(), kind)
    assert is_terminal(report), report
    assert bool(kept.files) == report.is_ready
    assert jail.pid == server
    assert run(files.encode(files.corners(), "JPEG"))[0].is_ready


def test_a_library_that_gives_up_is_the_files_fault(run: Prepare) -> None:
    _, make = TRAPS["pdf with a JPEG 2000 header of 30,000 by 30,000"]
    report, _ = run(make(), "lab_document")
    assert (report.verdict, report.reason, report.detail) == ("rejected", "damaged", "trap")
