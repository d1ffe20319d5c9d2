"""The way in: from a password or a link that was right, by the second factor where there is one, to a session.

Before the second factor the browser has no session, only a cookie that opens the page which asks for the code. Another
cookie stays for as long as browsers keep one: a random token by which the owner of an account hears of a sign-in from a
browser that it was never used by. It opens nothing, and is the same whoever signs in.
"""

from __future__ import annotations

import re
import secrets

from flask import g, redirect, request
from sqlalchemy.orm import Session
from werkzeug import Response

from econsult.alerts import tell_of_browser, was_told_of_browser
from econsult.people import halfway
from econsult.people.account import still_in
from econsult.people.browsers import KNOWN_FOR, note_browser
from econsult.people.elsewhere import carry_start, note_going_over, others_of, proof_of, waits_for_first_link
from econsult.people.halfway import Halfway, Wanted
from econsult.people.persons import Person
from econsult.people.signin import SignInSession, close_session, open_session
from econsult.people.standing import AddressProof, Step, offer_codes, step_after_password, still_stands
from econsult.people.tokens import hashed
from web.context import database, now, ring_workers, settings, signed_in
from web.cookies import read_cookie, set_cookie
from web.shell.auth import COOKIE, NEXT, place_for
from web.words.devices import device_of

HALFWAY, BROWSER = "econsult_halfway", "econsult_browser"
CODE_PAGE, SET_UP_PAGE = "/sign-in/code", "/sign-in/second-factor"
OFFER_PAGE = "/account/second-factor/first-codes"
PROGRAMS_PAGE = "/account/programs"


def welcome(
    person: Person, path: str, credential: str | None, *, proof: AddressProof = AddressProof.NONE, comes_from: int = 0
) -> Response:
    """Let somebody in whose password or link was right, and go to `path`; by the second factor, where one is wanted.

    An old session of this browser ends in any case. `credential` is what `credential_of` said in that moment: where the
    password was changed or the account closed since, nobody comes in. Whoever has accounts in several programs chooses
    one next, if there is a `proof` that the address is theirs; `comes_from` is the session that they went over from,
    which had proven that, and this one is as old as that.
    """
    with database().writing() as session:
        old = session.get(SignInSession, comes_from) if comes_from else None
        if not comes_from:
            end_old(session)
        if not still_stands(session, person, credential) or (comes_from and old is None):
            return redirect("/sign-in?ended", code=303)
        wanted = halfway.wanted_of(session, person, is_required=settings().needs_factor)
        if wanted == Wanted.NOTHING:
            is_told = old is not None and was_told_of_browser(session, old.person_id, old.created_at)
            token = _new_session(session, person, has_factor=False, proof=proof, is_told=is_told)
            if old is not None:
                session.flush()
                carry_start(session, old, person, hashed(token))
            elif proof and others_of(session, person):
                path = PROGRAMS_PAGE
        else:
            token = halfway.begin(session, person, wanted, now(), proof=proof)
        if old is not None:
            note_going_over(session, session.get_one(Person, old.person_id), person, now())
            end_old(session)
    if wanted == Wanted.NOTHING:
        return entered(redirect(path, code=303), token, place=path)
    response = redirect(CODE_PAGE if wanted == Wanted.CODE else SET_UP_PAGE, code=303)
    set_cookie(response, COOKIE, "", max_age=0)
    set_cookie(response, HALFWAY, token)
    return response


def enter(session: Session, person: Person, *, has_factor: bool, proof: AddressProof) -> str:
    """Open a session in place of this browser's old one; `entered` gives its token to the browser.

    `proof`: whether they have brought the password of their address, or what was sent there.
    """
    end_old(session)
    halfway.end_all(session, person)
    return _new_session(session, person, has_factor=has_factor, proof=proof)


def place_after(session: Session, person: Person, *, proof: AddressProof) -> str:
    """Where somebody goes who is in now: once, first, to the offer of recovery codes of which they have none."""
    offers = offer_codes(session, person, is_required=settings().needs_factor, now=now())
    if offers:
        return OFFER_PAGE
    return PROGRAMS_PAGE if proof and others_of(session, person) else place_for(person)


def entered(response: Response, token: str, *, place: str = "") -> Response:
    """The answer that brings the new session, and takes away what led to it; `place` is where it leads to."""
    set_cookie(response, COOKIE, token)
    set_cookie(response, BROWSER, browser_here(), max_age=int(KNOWN_FOR.total_seconds()))
    if g.get("has_told"):
        ring_workers()
    if place not in (OFFER_PAGE, PROGRAMS_PAGE):
        # Behind the offer, or the choice of a program, the page that was asked for still waits.
        set_cookie(response, NEXT, "", max_age=0)
    if read_cookie(HALFWAY):
        set_cookie(response, HALFWAY, "", max_age=0)
    return response


def leave(response: Response) -> None:
    """End what this browser was in the middle of: a sign-in without its second factor, or the set-up of one.

    The page that waited behind it is nobody's any more.
    """
    set_cookie(response, NEXT, "", max_age=0)
    if token := read_cookie(HALFWAY):
        with database().writing() as session:
            halfway.end(session, token)
        set_cookie(response, HALFWAY, "", max_age=0)


def start_set_up(session: Session, person: Person) -> Response:
    """Lead a signed-in person to the set-up of a factor; the session stays as it is until that is done.

    The session is looked at once more, with its person locked: the owner may have ended it, or changed the password,
    while a password was being judged here, and a set-up that begins after that would open a session anew.
    """
    if not still_in(session, person, g.get("session_id") or 0):
        return redirect("/sign-in?ended=1", code=303)
    proof = proof_of(session, g.get("session_id") or 0)
    token = halfway.begin(session, person, Wanted.SET_UP, now(), proof=proof)
    response = redirect(SET_UP_PAGE, code=303)
    set_cookie(response, HALFWAY, token)
    return response


def on_the_way(session: Session, *, to_judge: bool = False) -> Halfway | None:
    """Whose sign-in of this browser waits for its second factor. `to_judge` keeps other requests from judging it."""
    token = read_cookie(HALFWAY)
    look = halfway.take if to_judge else halfway.find
    return look(session, token, now()) if token else None


def setting_up(session: Session, *, to_judge: bool = False) -> Halfway | None:
    """Who sets a second factor up in this browser.

    Where one stands by now, only whoever is in already goes on: a password alone, which was enough when this began,
    must not put another factor beside it.
    """
    halfway = on_the_way(session, to_judge=to_judge)
    if halfway is None or halfway.secret is None:
        return None
    return halfway if is_in(halfway) or step_of(session, halfway.person) == Step.NONE else None


def is_in(halfway: Halfway) -> bool:
    """Whether this browser has a session of the same person, and so came here from the account page."""
    person = signed_in()
    return person is not None and person.id == halfway.person.id and g.get("session_id") is not None


def must_have_factor(person: Person) -> bool:
    """Whether the program asks this person for a second factor."""
    return settings().needs_factor and person.is_staff


def still_sets_up(session: Session, person: Person) -> bool:
    """Whether this person must have a second factor and has none: it takes a password, or the operator's link."""
    return must_have_factor(person) and step_of(session, person) == Step.NONE


def by_letter(session: Session, person: Person) -> Person | None:
    """The account that a letter to this person's address opens: theirs, or the oldest other one there that it may open.

    Who reads a mailbox could set a factor up that is theirs: a letter alone opens no set-up. An account of another
    program that waits for one keeps nobody from theirs. None where the letter opens none of them.
    """
    return next((each for each in _open_to(session, person) if not still_sets_up(session, each)), None)


def by_password(person: Person) -> Person | None:
    """The account that the password of this person's address opens: theirs, or the oldest other one that it may open.

    None where each of them is somebody's of the staff who has to come by a first link before.
    """
    if not person.is_staff:
        return person
    with database().reading() as session:
        # Nobody else's account is looked for at each sign-in.
        return next(iter(_open_to(session, person)), None) if waits_for_first_link(session, person) else person


def _open_to(session: Session, person: Person) -> list[Person]:
    """The accounts at an address that somebody who reads its letters, or has chosen its password, may come into."""
    at_address = (person, *(each for each, _program in others_of(session, person)))
    return [each for each in at_address if not waits_for_first_link(session, each)]


def step_of(session: Session, person: Person) -> Step:
    """What this person's password has to be followed by here."""
    return step_after_password(session, person, is_required=settings().needs_factor)


def end_old(session: Session) -> None:
    """Close the session that this browser has, if any."""
    if g.get("session_id") is not None:
        close_session(session, g.session_id)


def browser_here() -> str:
    """The token by which this browser is known again; made for the request where it brings none."""
    if "browser" not in g:
        given = read_cookie(BROWSER)
        g.browser = given if re.fullmatch("[A-Za-z0-9_-]{43}", given) else secrets.token_urlsafe(32)
    return str(g.browser)


def _new_session(
    session: Session, person: Person, *, has_factor: bool, proof: AddressProof, is_told: bool = False
) -> str:
    """`is_told`: they go over from another account of theirs, at the same address, and a letter told of the browser."""
    at, device, browser = now(), device_of(request.headers.get("User-Agent", "")), browser_here()
    is_strange = note_browser(session, person, browser, at, is_proven=bool(proof))
    if is_strange and not is_told and not settings().is_demo:
        tell_of_browser(session, person, at)
        g.has_told = True
    return open_session(session, person, at, device=device, has_factor=has_factor, proof=proof, browser=browser)
