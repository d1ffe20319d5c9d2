"""Which code fits a consult, and what stands against it: one table of codes, one of checks, over plain facts.

Nothing here bills anybody. A suggestion comes with the rules that held and those that did not, as keys that the pages
put into words; the day arithmetic is on calendar days of the program's zone, so that no clock change moves a window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

VERSION = "2026-11"
"""Of the tables below; a suggestion names it, and whatever a site changed is added to it."""


class Side(StrEnum):
    """Whose work it was. A colleague is whom the consultant asked a question of their own: no code is for that."""

    CONSULTANT = "consultant"
    REQUESTER = "requester"
    COLLEAGUE = "colleague"


@dataclass(frozen=True)
class Code:
    """A code for `first` to `last` whole minutes; `is_spoken` asks for a discussion beside the written report."""

    code: str
    side: Side
    first: int
    last: int | None = None
    is_spoken: bool = False


CODES = (
    Code("99446", Side.CONSULTANT, 5, 10, is_spoken=True),
    Code("99447", Side.CONSULTANT, 11, 20, is_spoken=True),
    Code("99448", Side.CONSULTANT, 21, 30, is_spoken=True),
    Code("99449", Side.CONSULTANT, 31, is_spoken=True),
    Code("99451", Side.CONSULTANT, 5),
    Code("99452", Side.REQUESTER, 16),
)


@dataclass(frozen=True)
class Payer:
    """What one payer wants: its modifiers by code, which codes it takes (None: all), its code for the place of service
    (empty: nobody said), and whether Medicaid's fields have to be there. `name` is a site's, for people."""

    modifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_medicaid: bool = False
    codes: frozenset[str] | None = None
    place_of_service: str = ""
    name: str = ""


@dataclass(frozen=True)
class RuleSet:
    """What a site may set. Days are calendar days: a code may come again when that many have gone by.

    `idle_minutes` is how long a timer runs on without a move of its person.
    """

    version: str = VERSION
    consultant_days: int = 7
    requester_days: int = 14
    requester_first: int = 16
    idle_minutes: int = 3
    payers: Mapping[str, Payer] = field(
        default_factory=lambda: {"medicaid": Payer(is_medicaid=True), "private": Payer(), "self_pay": Payer()}
    )

    def codes(self, side: Side) -> tuple[Code, ...]:
        """The codes of a side, with the site's own lower bound of the requester's."""
        codes = (code for code in CODES if code.side == side)
        if side == Side.REQUESTER:
            codes = (replace(code, first=self.requester_first) for code in codes)
        return tuple(codes)


DEFAULTS = RuleSet()


@dataclass(frozen=True)
class Facts:
    """What is on record of one person's part in one consult. None is "nobody has said", which never counts as no.

    `seconds` is this side's own time, `spoken_seconds` the part of it that was a discussion; `previous_on` the last
    earlier day on which this person had a part of this kind for the same child.
    """

    seconds: int = 0
    spoken_seconds: int = 0
    is_requested_by_clinician: bool = False
    is_request_signed: bool = False
    has_reason: bool = False
    has_consent: bool = False
    is_confidential: bool = False
    is_report_signed: bool = False
    is_report_sent: bool = False
    is_spoken_report: bool | None = None
    f2f_prior_14d: bool | None = None
    f2f_planned_14d: bool | None = None
    transfer_of_care: bool | None = None
    served_on: date | None = None
    previous_on: date | None = None
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


@dataclass(frozen=True)
class Case:
    """What a check looks at: the facts, the side, the site's rules."""

    facts: Facts
    side: Side
    rules: RuleSet

    @property
    def minutes(self) -> int:
        """Whole minutes: 10:59 is ten."""
        return self.facts.seconds // 60

    @property
    def is_spoken(self) -> bool:
        """Whether somebody said that the report was spoken, and more than half of the time was a discussion."""
        return self.facts.is_spoken_report is True and self.facts.spoken_seconds * 2 > self.facts.seconds

    @property
    def payer(self) -> Payer | None:
        return self.rules.payers.get(self.facts.payer)

    @property
    def is_medicaid(self) -> bool:
        return self.payer is not None and self.payer.is_medicaid

    @property
    def is_accepted(self) -> bool:
        """Whether the payer takes the code, as far as both are known: what is missing has a check of its own."""
        code = _code_for(self)
        return self.payer is None or self.payer.codes is None or code is None or code.code in self.payer.codes


@dataclass(frozen=True)
class Check:
    """A rule that holds or stands against: `key` names it in either case."""

    key: str
    holds: Callable[[Case], bool]
    sides: tuple[Side, ...] = (Side.CONSULTANT, Side.REQUESTER)
    medicaid_only: bool = False
    listed_only: bool = False
    """Only where the payer has a list of the codes that it takes."""

    def applies(self, case: Case) -> bool:
        is_listed = case.payer is not None and case.payer.codes is not None
        is_wanted = (case.is_medicaid or not self.medicaid_only) and (is_listed or not self.listed_only)
        return case.side in self.sides and is_wanted


_CONSULTANT, _COLLEAGUE = (Side.CONSULTANT,), (Side.COLLEAGUE,)


def _is_window_free(case: Case) -> bool:
    days = case.rules.consultant_days if case.side == Side.CONSULTANT else case.rules.requester_days
    served, before = case.facts.served_on, case.facts.previous_on
    return served is None or before is None or (served - before).days >= days


CHECKS = (
    # The codes are for whom the treating clinician asked and who reports to them. A colleague was asked by the
    # consultant, whose report it is, and whose own minutes alone count.
    Check("colleague", lambda case: case.side != Side.COLLEAGUE, _COLLEAGUE),
    Check("requested", lambda case: case.facts.is_requested_by_clinician),
    Check("request_signed", lambda case: case.facts.is_request_signed),
    Check("reason", lambda case: case.facts.has_reason),
    Check("consent", lambda case: case.facts.has_consent),
    # What an insurer sends home tells the family of the question.
    Check("confidential", lambda case: not case.facts.is_confidential),
    Check("minutes", lambda case: _code_for(case) is not None),
    Check("report_signed", lambda case: case.facts.is_report_signed, _CONSULTANT),
    Check("report_sent", lambda case: case.facts.is_report_sent, _CONSULTANT),
    Check("f2f_prior", lambda case: case.facts.f2f_prior_14d is False, _CONSULTANT),
    Check("f2f_planned", lambda case: case.facts.f2f_planned_14d is False, _CONSULTANT),
    Check("transfer", lambda case: case.facts.transfer_of_care is False, _CONSULTANT),
    Check("window", _is_window_free),
    Check("payer", lambda case: case.facts.payer in case.rules.payers),
    Check("accepted", lambda case: case.is_accepted, listed_only=True),
    Check("consultant_npi", lambda case: bool(case.facts.consultant_npi)),
    Check("requester_npi", lambda case: bool(case.facts.requester_npi)),
    Check("insurance_id", lambda case: bool(case.facts.insurance_id) or case.facts.payer == "self_pay"),
    Check("diagnosis", lambda case: bool(case.facts.diagnosis)),
    Check("program_id", lambda case: bool(case.facts.program_id), medicaid_only=True),
    Check("consultant_enrolled", lambda case: case.facts.is_consultant_enrolled, medicaid_only=True),
    Check("requester_enrolled", lambda case: case.facts.is_requester_enrolled, medicaid_only=True),
    Check("child_state", lambda case: bool(case.facts.child_state), medicaid_only=True),
    Check(
        "consultant_licence", lambda case: case.facts.child_state in case.facts.consultant_states, medicaid_only=True
    ),
    Check("requester_licence", lambda case: case.facts.child_state in case.facts.requester_states, medicaid_only=True),
)
"""Every rule, in the order in which people read it."""


@dataclass(frozen=True)
class Suggestion:
    """`code` fits the time; it may be billed only where `blockers` is empty, and then by a person, elsewhere.

    `reasons` and `blockers` hold keys of `CHECKS`: what was found right, and what stands against it.
    """

    side: Side
    code: str
    minutes: int
    modifiers: tuple[str, ...]
    place_of_service: str
    reasons: tuple[str, ...]
    blockers: tuple[str, ...]
    version: str

    @property
    def is_ready(self) -> bool:
        return bool(self.code) and not self.blockers


def suggest(facts: Facts, side: Side, rules: RuleSet = DEFAULTS) -> Suggestion:
    """What fits one side's work on a consult, with every rule that holds or does not."""
    case = Case(facts, side, rules)
    checks = [check for check in CHECKS if check.applies(case)]
    code = _code_for(case)
    payer = case.payer
    return Suggestion(
        side=side,
        code=code.code if code else "",
        minutes=case.minutes,
        modifiers=payer.modifiers.get(code.code, ()) if payer and code else (),
        place_of_service=payer.place_of_service if payer and code else "",
        reasons=tuple(check.key for check in checks if check.holds(case)),
        blockers=tuple(check.key for check in checks if not check.holds(case)),
        version=rules.version,
    )


def _code_for(case: Case) -> Code | None:
    """The one code whose minutes hold the time; a spoken report has codes of its own."""
    for code in case.rules.codes(case.side):
        if code.is_spoken == case.is_spoken and code.first <= case.minutes <= (code.last or case.minutes):
            return code
    return None
