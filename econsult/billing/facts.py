"""What the billing rules look at: plain facts of one person's part in one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Later:
    """A later answer that is one service with the first one: its time counts with the first one's where it `counts`.

    `is_in_person`: somebody said of it that the child was or will be seen, or that care is taken over.
    """

    seconds: int
    spoken_seconds: int = 0
    is_spoken_report: bool | None = None
    is_in_person: bool = False
    counts: bool = True


@dataclass(frozen=True)
class Recorded:
    """A visit in person that is on record with the consultant's specialty: booked, on a waiting list, or held.

    `on` is its day, None on a list; `listed_on` the day since which it was waited for on one, where it was. `why` is
    the consultant's reason that it stands against nothing.
    """

    state: str
    on: date | None
    listed_on: date | None = None
    why: str = ""


@dataclass(frozen=True)
class Facts:
    """What is on record of one person's part in one consult. None is "nobody has said", which never counts as no.

    `seconds` is this side's own time, `spoken_seconds` the part of it that was a discussion; `previous_on` the day of
    the last earlier service of this kind by this person for the same child. Of a consultant's answers that are one
    service (see `together`), the first one has the `later` ones, and each of them the day of the first, `first_on`.
    """

    seconds: int = 0
    spoken_seconds: int = 0
    is_requested_by_clinician: bool = False
    is_request_signed: bool = False
    has_reason: bool = False
    has_consent: bool = False
    has_cost_notice: bool = False
    is_confidential: bool = False
    is_report_signed: bool = False
    is_report_sent: bool = False
    is_spoken_report: bool | None = None
    f2f_prior_14d: bool | None = None
    f2f_planned_14d: bool | None = None
    transfer_of_care: bool | None = None
    is_team_visit: bool | None = None
    served_on: date | None = None
    previous_on: date | None = None
    first_on: date | None = None
    visits: tuple[Recorded, ...] = ()
    later: tuple[Later, ...] = ()
    payer: str = ""
    consultant_npi: str = ""
    requester_npi: str = ""
    consultant_taxonomy: str = ""
    requester_taxonomy: str = ""
    is_consultant_enrolled: bool = False
    is_requester_enrolled: bool = False
    consultant_states: frozenset[str] = frozenset()
    requester_states: frozenset[str] = frozenset()
    child_state: str = ""
    insurance_id: str = ""
    diagnosis: str = ""
    program_id: str = ""
