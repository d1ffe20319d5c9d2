"""The frame of the staff pages: where each role can go from here, and what a page says after something was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, Response, g, redirect, request
from flask_babel import lazy_gettext as _l

from econsult.consults.desks import STAND_INS, stands_in
from econsult.consults.undoing import undoable
from econsult.errors import ForbiddenError, NotFoundError
from econsult.people.persons import Person, Role
from econsult.standing import check_desk, has_just_stood_in
from web.context import database, now, ring_workers, signed_in
from web.shell.auth import View, home_of, me, only
from web.words import visits
from web.words.refusals import have_arrived, told_of_files
from web.words.steps import as_read
from web.words.terms import alias_words

PLACES = {
    Role.PCP: (
        ("/clinic", _l("Clinic")),
        ("/clinic/ask", _l("New request")),
        ("/visits", _l("Visits")),
        ("/clinic?view=done", _l("Closed")),
        ("/program/roster/mine", _l("My time off")),
    ),
    Role.TELEPRESENTER: (("/clinic", _l("Clinic")), ("/clinic/ask", _l("New request"))),
    Role.SPECIALIST: (
        ("/worklist", _l("Queue")),
        ("/worklist?view=done", _l("Answered")),
        ("/worklist/advice", _l("What became of it")),
        ("/program/roster/mine", _l("My duty")),
    ),
    Role.COORDINATOR: (
        ("/coordination", _l("Families to tell")),
        ("/coordination/desk", _l("Nobody has it")),
        ("/visits", _l("Visits")),
        ("/coordination/ages", _l("Birthdays")),
        ("/clinic/phone", _l("By telephone")),
        ("/program/roster", _l("Roster")),
        ("/program/people", _l("Who may take it")),
        ("/program", _l("How we keep it")),
    ),
    Role.DIRECTOR: (
        ("/program", _l("How we keep it")),
        ("/program/billing", _l("Billing")),
        ("/program/roster", _l("Roster")),
        ("/program/people", _l("Who may take it")),
        ("/program/rules", _l("What we promise")),
        ("/sentences", _l("Ready sentences")),
    ),
    Role.PRIVACY: (
        ("/privacy", _l("Who saw what")),
        ("/privacy/sealed", _l("Sealed files")),
        ("/privacy/records", _l("End of records")),
    ),
    Role.ADMIN: (
        ("/program/rules", _l("What we promise")),
        ("/program/roster", _l("Roster")),
        ("/program/people", _l("Who may take it")),
        ("/program", _l("How we keep it")),
        ("/program/accounts", _l("Accounts")),
        ("/program/sessions", _l("Sign somebody out")),
    ),
}
EMPTY_DESK = ("/coordination/desk", _l("Nobody has it"))
"""Where whoever stands in for a desk of which no coordinator is there goes too."""
SAID = {
    "session_ended": _l("Signed out there"),
    "token_ended": _l("Ended. That program opens nothing any more."),
    "member_out": _l("Signed out everywhere"),
    "opened": _l("The account is open. Now hand over the first link."),
    "signed": _l("Signed. The clinic is told in a moment."),
    "corrected": _l("Signed. The clinic and the family are told in a moment that it was corrected."),
    "sentence_gone": _l("Removed. Answers that used it stay as they are."),
    "correction_gone": _l("Thrown away. The signed answer stands as it was."),
    "undone": _l("Taken back. Nobody was told. It is your draft again."),
    "left": _l("Sent as a note to who has it now."),
    "undo_late": _l("It could not be taken back any more: people know of the answer. Write a correction instead."),
    "undo_died": _l("It could not be taken back: the child has been marked as dead since. Write a correction instead."),
    "signed_to_family": _l("Signed. The family can read it now."),
    "all_answered": _l("Nothing more waits for you now."),
    "kept_for_named": _l("What still waits is asked of somebody by name first. You may open it and take it."),
    "released": _l("Given back to the pool."),
    "declined": _l("Declined. This request has ended, and the clinic has been told."),
    "claimed": _l("You hold this now."),
    "assigned_several": _l("Assigned. Your colleague has been told of each."),
    "assigned": _l("Assigned. Your colleague has been told."),
    "rerouted": _l("Passed on to the other specialty."),
    "taken": _l("Somebody was faster. The page says who has it."),
    "at_capacity": _l("Your hands are full: you hold as many as you may hold at once. Finish one, or give one back."),
    "conflict": _l("You have a conflict of interest with this child. A colleague must take this."),
    "no_licence": _l("This child lives where you have no licence. A colleague must take this."),
    "no_language": _l(
        "You do not answer in this family's language. A colleague must take this, or the desk gives it to you."
    ),
    "unasked": _l("Taken back. Those whom you asked hear of it."),
    "asked": _l("Asked. The clock stands still until an answer comes."),
    "sent": _l("Message sent."),
    "second_asked": _l("Asked. You hear when the reply is there."),
    "second_nobody": _l("Nothing was changed: this person cannot reply now. Choose somebody else."),
    "second_replied": _l("Replied. Your colleague has been told."),
    "asked_to_show": _l("Asked. The child's clinic decides whether the face is shown."),
    "decided": _l("Decided. A file that stays is being prepared that way."),
    "saved": _l("Saved."),
    "saved_in_part": _l("Saved. Many open requests went over, not all of them yet."),
    "request_sent": _l("Request sent."),
    "sent_on": _l("Sent on to the specialists."),
    "acknowledged": _l("Thank you. The family can read the answer now."),
    "informed": _l("Written down: the family has heard the answer."),
    "not_reached": _l("Written down: the family was not reached. Try again before the time is over."),
    "told": _l("Written down: the family has been told."),
    "tried": _l("Written down. Try again: the reminders go on until somebody is reached."),
    "details_saved": _l("Saved. What it said before is kept below."),
    "born_otherwise": _l("Saved. Who may act for the child, and until when, follows the new birth date. Check it."),
    "death_marked": _l(
        "Written down. Nobody calls or writes to the family any more. Those who must know get a letter."
    ),
    "death_taken_back": _l("Taken back. What had ended goes on, and those who were told hear of it."),
    "details_same": _l("Nothing was changed."),
    "called": _l("Written down: you called the family."),
    **visits.SAID,
    "noted": _l("Written down."),
    "adopted": _l("Written down. You can answer it."),
    "invited": _l("The invitation is ready. Print it, or read it to the family."),
    "revoked": _l("Taken back. The link and its device are closed."),
    "right_ended": _l("Ended. With the next request this caregiver is out."),
    "sealed": _l("Sealed. Nobody opens these files now."),
    "erasure_asked": _l("Written down. The record is erased when the waiting time is over, unless it is undone."),
    "erasure_undone": _l("Undone. The record stays."),
    "held": _l("Held. Nothing of this record is erased until the hold is lifted."),
    "lifted": _l("Lifted. The rule decides again."),
    "reviewed": _l("Written down: you reviewed it."),
    "closed": _l("Closed."),
    "withdrawn": _l("Taken back."),
    "registered": _l("The child is registered."),
    "signed_out_others": _l("Signed out everywhere else."),
    "password_changed": _l("Your password is changed. All other devices were signed out."),
    "passkey_added": _l("The passkey is added. You can sign in with it from now on."),
    "passkey_removed": _l("The passkey is gone."),
    "factor_off": _l("Signing in takes your password alone again."),
    "app_off": _l("The app is turned off. Your passkey is your second step now."),
    "code_sent": _l("A code is on its way to the phone. It works for 10 minutes."),
    "number_confirmed": _l("The phone is confirmed. It gets our text messages from now on."),
    "number_removed": _l("The phone number is gone."),
    "account_opened": _l("The account is open. A letter tells the young person how to come in."),
    "caregiver_added": _l("Added. A letter tells them how to come in."),
    "caregiver_linked": _l("Added. This address has an account already; the child is in it now."),
    "kept_away": _l("They are out, with every link and device that may be theirs. Check the contact on file."),
    "account_closed": _l("The account is closed. Nobody comes in by it any more."),
    "kept": _l("Kept from caregivers. Nobody of the family but the young person learns of it."),
    "shown": _l("Caregivers can see it now."),
    "told_otherwise": _l("Written down: they were told in another way."),
    "files_sent": _l("The files arrived and are being prepared."),
}
SIGNING = frozenset({Role.SPECIALIST, Role.PCP})
BARRED = frozenset({"at_capacity", "conflict", "no_licence", "no_language"})
"""The codes of the rules that keep somebody who sees a request from taking it; `SAID` has a sentence for each."""

REFUSED = BARRED | {"taken", "second_nobody", "undo_late", "undo_died"}
"""What is said of a form that changed nothing."""


def why_barred(error: ForbiddenError) -> str:
    """The `said` for somebody whom a rule keeps from taking this; raises the error where it is about something else."""
    if error.code not in BARRED:
        raise error
    return error.code


def init_desk(app: Flask) -> None:
    """Give templates `desk_places()`, `signatures()`, `said`, `said_drawing`, `files_told`, and three filters."""
    app.jinja_env.globals["desk_places"] = desk_places
    app.jinja_env.globals["signatures"] = signatures
    app.jinja_env.filters["initials"] = initials
    app.jinja_env.filters["step"] = as_read
    app.jinja_env.filters["alias"] = alias_words
    app.context_processor(_after_form)


def _after_form() -> dict[str, object]:
    """What the form before this page did, in words (`said`) with a drawing; `files_told` where files did not come."""
    told = told_of_files(request.args)
    came = "files_sent" if have_arrived(request.args) and not told else ""
    code = request.args.get("said", came)
    drawing = "alert" if code in REFUSED else "check"
    # The line with the way back says that it was signed, and until when nobody is told.
    is_signed = code == "signed"
    return {"said": SAID.get(code, ""), "said_drawing": drawing, "is_signed": is_signed, "files_told": told}


def desk_places() -> list[tuple[str, str, str]]:
    """Address, words and count of each entry of the signed-in person's navigation."""
    person = signed_in()
    places = PLACES.get(Role(person.role), ()) if person else ()
    if person and person.role in STAND_INS and _stands_in(person):
        places = (EMPTY_DESK, *places)
    counts: dict[str, str] = g.get("place_counts", {})
    return [(address, str(words), counts.get(address, "")) for address, words in places]


@dataclass(frozen=True)
class Signature:
    """What was just signed: until when it can be taken back, and how many seconds these are."""

    number: str
    public_id: str
    until: datetime
    seconds: int


def signatures() -> list[Signature]:
    """What the signed-in person signed and may still take back."""
    person, at = signed_in(), now()
    if person is None or person.role not in SIGNING:
        return []
    with database().reading() as session:
        return [
            Signature(consult.number, consult.public_id, until, max(1, round((until - at).total_seconds())))
            for answer, consult in undoable(session, person, at)
            if (until := answer.undo_until) is not None
        ]


def _stands_in(person: Person) -> bool:
    with database().reading() as session:
        return stands_in(session, person, now())


def receipt(person: Person, said: str) -> str:
    """Where a form leads that ended something: a page that needs no right to what was ended, with a word about it."""
    return f"{home_of(person)}?said={said}"


def with_stand_ins(*roles: Role) -> Callable[[View], View]:
    """As `only`, and for whoever stands in for a desk of which no coordinator is there; to their roles else 403."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **values: Any) -> Any:
            if me().role in STAND_INS:
                with database().reading() as session:
                    check_desk(session, me(), now())
            return view(*args, **values)

        return only(*roles, *STAND_INS)(guarded)  # type: ignore[return-value]

    return guard


def second_press(act: str, said: str) -> Callable[[View], View]:
    """Answer with the receipt once more where whoever stood in for the desk presses a button twice.

    The first `act` ended what they were let in for, so that the second would find a closed door.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def pressed(public_id: str) -> Any:
            try:
                return view(public_id)
            except (ForbiddenError, NotFoundError):
                with database().reading() as session:
                    if not has_just_stood_in(session, me(), public_id, act, now()):
                        raise
                return redirect(receipt(me(), said), 303)

        return pressed  # type: ignore[return-value]

    return guard


def count_place(address: str, count: str) -> None:
    """Show a number beside an entry of the navigation on this page."""
    g.setdefault("place_counts", {})[address] = count


def initials(name: str) -> str:
    """The first letters of a name's first and last word, without titles such as Dr."""
    words = [word for word in name.split() if word[0].isalpha() and not word.endswith(".")]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def rings(pages: Blueprint) -> Blueprint:
    """Wake a worker after every form of these pages that was accepted: notices may wait to be sent."""
    pages.after_request(_ring)
    return pages


def _ring(response: Response) -> Response:
    if request.method == "POST" and response.status_code == 303:
        ring_workers()
    return response
