"""What was done, and on what, in the words of whoever watches over it; the log is narrowed by the first."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from econsult.access_log import Deed
from econsult.rights import Relation

ACTS = {
    Deed.NAME: _l("Saw name and contact"),
    Deed.HELD_NAME: _l("Saw name and birth date, as who holds the request"),
    Deed.EXCEPTION: _l("Opened a name by exception"),
    Deed.HOLD: _l("Opened what was sealed"),
    Deed.LISTED: _l("Saw in a list"),
    Deed.OPENED: _l("Opened it"),
    Deed.MEDIA: _l("Opened photos, videos or papers"),
    Deed.NOTE: _l("Saved an answer as a file"),
    Deed.CODE_ASKED: _l("Asked for a reading code"),
    Deed.BY_CODE: _l("Read with a code"),
    Deed.CORRECTED: _l("Changed details on file"),
    Deed.SEARCHED: _l("Searched this log"),
    Deed.SIGNED: _l("Signed in or out"),
    Deed.CAME_OVER: _l("Came over from an account in another program"),
    Deed.WENT_OVER: _l("Went over to an account in another program"),
    Deed.REFUSED: _l("Wrong passwords, codes or passkeys"),
    Deed.WORKED: _l("Anything else"),
}
THINGS = {
    "api_token": _l("Token of a program"),
    "attachment": _l("File"),
    "audit_event": _l("This log"),
    "consult": _l("Request"),
    "fallback_pool": _l("Stand-in specialty"),
    "incoming_mail": _l("E-mail that came in"),
    "invitation": _l("Invitation"),
    "organization": _l("Clinic"),
    "own_snippet": _l("Own text piece"),
    "patient": _l("Record of a child"),
    "person": _l("Account"),
    "policy": _l("Rules of the program"),
    "program": _l("Program"),
    "roster": _l("Duty roster"),
    "sign_in_link": _l("Sign-in link"),
}
"""What an act was done on, by the name of its table as the trail keeps it."""
AS_WHAT = {
    Relation.CAREGIVER: _l("as a caregiver"),
    Relation.YOUTH: _l("as the young person"),
    Relation.INVITED: _l("by an invited device"),
    Relation.MEDICAL_HOME: _l("as the child's clinic"),
    Relation.PRESENTER: _l("as who prepares the request"),
    Relation.POOL: _l("as one of the specialty"),
    Relation.HOLDER: _l("as who has the request"),
    Relation.REPLIED: _l("as who answered it"),
    Relation.ASKED: _l("as who was asked"),
    Relation.SECOND: _l("as who was asked beside it"),
    Relation.COORDINATOR: _l("as a coordinator"),
    Relation.STAND_IN: _l("as a stand-in"),
    Relation.FOR_DESK: _l("in the place of the coordinators, of whom nobody was there"),
}
"""What somebody was to a request when they looked at it, as the detail of such a row names it."""
