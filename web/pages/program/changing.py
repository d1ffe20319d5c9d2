"""A change of who is there or may take what: carried out with what follows, or only looked at."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from econsult.queue.reoffering import offer_again, roster_changed
from econsult.queue.trial import Trial, try_out
from econsult.rosters.watching import look_soon
from econsult.unreadable import left_out
from web.context import database, now
from web.shell.auth import me
from web.shell.unreadable import looked

Act = Callable[[Session], object]


def carry_out(act: Act) -> str:
    """Do it, and offer again what waits for somebody who may take it now. Whatever `act` raises is raised.

    It is done in one transaction, or anew without a request that cannot be read. That one follows when it can be read
    again (`let_go_later`); which of it is to be said is returned, as a code of `web.words.said`.
    """
    return looked(lambda: _carried_out(act))


def _carried_out(act: Act) -> str:
    with database().writing() as session:
        # The watch is locked before any consult, as the clock process does.
        look_soon(session, me().program_id, now())
        _and_offer(session, act)
        roster_changed(session, me().program_id, now())
    return how_saved()


def how_saved() -> str:
    """What is said of a change that was just saved, as a code of `web.words.said`: whole, or without a request."""
    left = left_out()
    return "saved_without" if left is not None and (left.consults or left.children) else "saved"


def look_at(act: Act) -> Trial:
    """What that would change for open requests; nothing of it stays."""
    return looked(lambda: _tried(act))


def _tried(act: Act) -> Trial:
    with database().writing() as session:
        return try_out(session, me().program_id, lambda inner: _and_offer(inner, act), now())


def _and_offer(session: Session, act: Act) -> None:
    act(session)
    session.flush()
    offer_again(session, me().program_id, now())
