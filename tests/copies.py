"""Which tests the normal run leaves out on PostgreSQL: their copies there send what other tests' copies send as well.

What is told apart is what the two databases may read in their own way: a column, or one that is compared with a value,
says nothing, and a plain statement is as good as its other conditions, wherever they stand together.

`python -m pytest -p tests.copies -k sqlite` runs the copies on SQLite, which is the cheaper one, notes what each sends
and writes `copies.txt` anew. A test that is new, or renamed, stands in no list and runs on both. The slow proofs run
every copy: before a release, and whenever a statement, a table or a driver changes.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

LEFT_OUT = Path(__file__).with_name("copies.txt")
ALWAYS = ("tests/econsult/test_migrations.py", "tests/econsult/test_database.py", "tests/econsult/test_belonging.py")
"""What a schema is, and how it changes, each of the two databases does in its own way."""
NUMBERED = re.compile(r"(__\d+|_\d+)\b")
LISTS = re.compile(r"\(\?(?:, \?)*\)(?:, \(\?(?:, \?)*\))*")
UPDATE = re.compile(r"UPDATE (\w+) SET (\w+=\?(?:, \w+=\?)*)( WHERE .*)?", re.DOTALL)
INSERT = re.compile(r'INSERT INTO (\w+) \([\w, "]+\) VALUES \(\.\.\.\)(.*)', re.DOTALL)
WHOLE = re.compile(r"\b(?:DISTINCT|GROUP BY|HAVING|OVER|UNION|WITH|RETURNING|CONFLICT)\b")
"""What each database reads in its own way, by all that stands beside it."""
COLUMN = r'(?:SELECT )?(?:"?\w+"?\.)?"?\w+"?(?: AS \S+)?'
BESIDE = r"(?: (?:=|!=|<=?|>=?) (?:\?|'\w*'|\d+)| IS (?:NOT )?NULL| (?:NOT )?IN \(\.\.\.\))?"
PLAIN = re.compile(COLUMN + BESIDE)
"""A column, alone or beside a value of its own type: of these the two databases think alike."""
OWN = re.compile(r"EXPLAIN |PRAGMA |.*\b(?:_alembic_tmp|sqlite_master)", re.DOTALL)
"""What is sent to SQLite alone."""
SEAM = re.compile(r"[()]|, | AND | FROM | WHERE | ORDER BY | LIMIT |(?: LEFT OUTER)? JOIN | ON ")


@dataclass
class Asked:
    """What one test sent, in how many seconds, and whether it met what each database has in its own way."""

    shapes: set[str] = field(default_factory=set)
    seconds: float = 0.0
    is_doubtful: bool = False


def shape_of(statement: str) -> str:
    """A statement without its values; of a written row without its columns, whose few types all tables share."""
    plain = LISTS.sub("(...)", NUMBERED.sub("", statement))
    if found := UPDATE.fullmatch(plain):
        return f"{found[1]}{found[3]}"
    if found := INSERT.fullmatch(plain):
        return f"{found[1]} {found[2]}"
    return plain


def parts_of(statement: str) -> set[str]:
    """What the two databases may read apart of a statement: of a plain one each condition by itself."""
    plain = " ".join(shape_of(statement).split())
    if OWN.match(plain):
        return set()
    if WHOLE.search(plain):
        return {plain}
    parts, depth, begin = set(), 0, 0
    for seam in SEAM.finditer(plain):
        if seam[0] in "()":
            depth += 1 if seam[0] == "(" else -1
        elif depth == 0:
            parts.add(plain[begin : seam.start()])
            begin = seam.end()
    return {part for part in (*parts, plain[begin:]) if not PLAIN.fullmatch(part)}


def choose(asked: Mapping[str, Asked]) -> set[str]:
    """The tests that can be left out: the others send all that these send, at a cost that is next to the least."""
    kept = {test for test, each in asked.items() if each.is_doubtful or test.startswith(ALWAYS)}
    sent = {shape for test in kept for shape in asked[test].shapes}
    rest = set(asked) - kept
    while rest:
        best = max(sorted(rest), key=lambda test: len(asked[test].shapes - sent) / (asked[test].seconds + 0.05))
        if asked[best].shapes <= sent:
            break
        sent |= asked[best].shapes
        rest.remove(best)
    return rest


class Notes:
    """Hears what every SQLite engine of this process is given, test by test."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        self.now = Asked()
        self.open: set[int] = set()
        event.listen(Engine, "before_cursor_execute", self._sent)
        event.listen(Engine, "handle_error", self._failed)
        event.listen(Engine, "begin", lambda connection: self.open.add(id(connection)))
        for end in ("commit", "rollback"):
            event.listen(Engine, end, lambda connection: self.open.discard(id(connection)))

    def _sent(self, connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if connection.dialect.name == "sqlite":
            self.now.shapes |= parts_of(statement)
            # Two at once meet locks.
            self.now.is_doubtful |= len(self.open) > 1 or threading.current_thread() is not threading.main_thread()

    def _failed(self, _context: object) -> None:
        self.now.is_doubtful = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.now, began = Asked(), time.process_time()
        self.open.clear()
        result = yield
        case = getattr(item, "callspec", None)
        if case is not None and "sqlite" in map(str, case.params.values()):
            self.now.seconds = time.process_time() - began
            # Of a table's cases the first one has a copy in the normal run.
            self.asked.setdefault(function_of(item.nodeid), self.now)
        return result

    def pytest_sessionfinish(self) -> None:
        LEFT_OUT.write_text("".join(f"{test}\n" for test in sorted(choose(self.asked))))


def function_of(test: str) -> str:
    """A test's id without the case."""
    return test.partition("[")[0]


def left_out() -> frozenset[str]:
    """The tests that stand in the list."""
    return frozenset(LEFT_OUT.read_text().splitlines())


def pytest_configure(config: pytest.Config) -> None:
    """As a plugin of a run."""
    config.pluginmanager.register(Notes())
