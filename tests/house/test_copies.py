"""The list of tests whose PostgreSQL copy is left to the slow proofs: each is a test, and what it sends others send."""

from __future__ import annotations

from tests.copies import Asked, choose, left_out, parts_of, shape_of
from tests.house.tree import ROOT


def test_each_line_names_a_test() -> None:
    gone = []
    for line in left_out():
        path, _, name = line.partition("::")
        text = (ROOT / path).read_text() if (ROOT / path).is_file() else ""
        gone += [] if f"def {name}(" in text else [line]
    assert gone == [], "Remove the line, or run: python -m pytest -p tests.copies -k sqlite"


def test_what_only_one_test_sends_and_whatever_meets_a_lock_or_a_refusal_stays() -> None:
    asked = {
        "all": Asked({"a", "b"}, seconds=0.1),
        "some": Asked({"a"}, seconds=0.1),
        "own": Asked({"a", "c"}, seconds=0.1),
        "locks": Asked({"a"}, seconds=0.1, is_doubtful=True),
        "tests/econsult/test_migrations.py::test_x": Asked({"a"}, seconds=0.1),
    }
    assert choose(asked) == {"some"}


def test_a_statement_is_the_same_with_other_values_and_other_columns_together() -> None:
    assert shape_of("SELECT a FROM b WHERE c IN (?, ?, ?)") == shape_of("SELECT a FROM b WHERE c IN (?)")
    assert shape_of("SELECT a FROM b WHERE c = ?") != shape_of("SELECT a FROM b WHERE c > ?")
    assert shape_of("UPDATE t SET a=?, b=? WHERE t.id = ?") == shape_of("UPDATE t SET c=? WHERE t.id = ?")
    assert shape_of("UPDATE t SET a=(SELECT 1) WHERE t.id = ?") != shape_of("UPDATE t SET a=? WHERE t.id = ?")
    plain = shape_of("INSERT INTO t (a, b) VALUES (?, ?)")
    assert plain == shape_of("INSERT INTO t (a) VALUES (?)") != shape_of("INSERT INTO t (a) VALUES (?) RETURNING id")


def test_a_plain_statement_is_known_by_what_the_two_databases_may_read_apart() -> None:
    assert parts_of("SELECT t.a, t.b AS b \nFROM t JOIN u ON t.id = u.t_id \nWHERE t.a = ? AND t.c IS NULL") == {
        "t.id = u.t_id"
    }
    assert parts_of("SELECT count(*) FROM t WHERE t.a LIKE ? AND (t.b > ? OR t.c)") == {
        "SELECT count(*)",
        "t.a LIKE ?",
        "(t.b > ? OR t.c)",
    }
    grouped = "SELECT t.a FROM t GROUP BY t.a"
    assert parts_of(grouped) == {grouped}
    assert parts_of("EXPLAIN QUERY PLAN SELECT t.a FROM t") == set()
