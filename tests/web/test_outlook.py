"""What will be late, page by page: what came meanwhile stands on top, no page is long, and nothing is left out."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

from econsult.consults.records import Consult
from econsult.queue.forecast import Forecast, LatePromise, Risk
from tests.personas import NOON
from web.showing.outlook import MOST_SEEN, late_page

LIMIT = 10


def _risks(first: int, count: int, rank: int) -> list[Risk]:
    promise = (LatePromise("late", "first_reply", "", NOON + timedelta(hours=1)),)
    return [Risk(Consult(id=number, urgency_rank=rank), promise) for number in range(first, first + count)]


def _walk(before: list[Risk], came: list[Risk]) -> list[list[int]]:
    """The numbers on each page; the first is read before these came."""
    page = late_page(Forecast(before, []), None, LIMIT)
    pages = [page]
    while page.next_cursor:
        page = late_page(Forecast([*came, *before], []), page.next_cursor, LIMIT)
        pages.append(page)
    return [[risk.consult.id for risk in page.risks] for page in pages]


def test_of_what_came_meanwhile_each_page_shows_its_part_before_it_goes_on() -> None:
    pages = _walk(_risks(1, 25, 2), _risks(101, 24, 0))
    assert [len(page) for page in pages] == [10, 10, 10, 10, 9]
    assert list(chain(*pages)) == [*range(1, 11), *range(101, 125), *range(11, 26)]


def test_where_more_came_than_an_address_remembers_nothing_is_left_out() -> None:
    before, came = _risks(1, 25, 2), _risks(1001, MOST_SEEN + 100, 0)
    pages = _walk(before, came)
    assert max(len(page) for page in pages) == LIMIT
    assert set(chain(*pages)) == {risk.consult.id for risk in (*before, *came)}
