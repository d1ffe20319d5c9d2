"""Time and billing in words: what the work was, and each rule as it holds and as it stands against a code."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from econsult.billing.entries import Activity
from econsult.billing.facts import Recorded
from econsult.billing.gathering import Part
from econsult.billing.near_visits import visits_after, visits_before
from econsult.billing.rules import RuleSet, Side
from econsult.consults.visits import VisitState
from econsult.people.persons import Role
from web.words.language import choose_zone, gettext
from web.words.times import long_day

ACTIVITIES = {
    Activity.REVIEW: _l("Read the case"),
    Activity.MEDIA_VIEW: _l("Looked at pictures"),
    Activity.COMMUNICATION: _l("Messages"),
    Activity.REPORT_WRITING: _l("Wrote the answer"),
    Activity.PREP: _l("Prepared the request"),
    Activity.DISCUSSION: _l("Spoke with the other clinician"),
}
SIDES = {
    Side.CONSULTANT: _l("The specialist's part"),
    Side.REQUESTER: _l("The clinic's part"),
    Side.COLLEAGUE: _l("A colleague's part"),
}
SAID = {
    "f2f_prior_14d": _l("Did you or your team see this child in person in the 14 days before?"),
    "f2f_planned_14d": _l("Will you see this child in person within 14 days, or at the next free visit?"),
    "transfer_of_care": _l("Do you take over the child's care for this problem?"),
    "is_team_visit": _l(
        "Does a resident, a fellow, a nurse practitioner or a physician assistant of your team see the child in person?"
    ),
    "is_spoken_report": _l("Did you also report by voice to the clinician who asked?"),
}
VISIT_WHY = {
    "another_team": _l("with somebody else, not with me or my team"),
    "another_problem": _l("for another problem"),
}
_VISITS = {
    VisitState.BOOKED: _l("booked for %(day)s"),
    VisitState.LISTED: _l("on a waiting list since %(day)s"),
    VisitState.CAME: _l("seen on %(day)s"),
}
PAYERS = {"medicaid": _l("Medicaid or CHIP"), "private": _l("Private insurance"), "self_pay": _l("Pays itself")}
HOLDS = {
    "colleague": _l("The treating clinician asked, and the report is their own"),
    "requested": _l("A clinician asked"),
    "request_signed": _l("The clinician sent the request under their name"),
    "reason": _l("The reason is in the request"),
    "consent": _l("Consent to this consult is on record"),
    "cost_told": _l("The text that was agreed to says that a part may have to be paid"),
    "confidential": _l("The question is not kept from the family"),
    "minutes": _l("The time is enough"),
    "report_signed": _l("The written answer is signed"),
    "report_sent": _l("The answer reached the clinic"),
    "f2f_prior": _l("Said: not seen in person in the 14 days before"),
    "f2f_planned": _l("Said: no visit in person within 14 days"),
    "visit_before": _l("No visit on record in the 14 days before, or said why it does not count"),
    "visit_after": _l("No visit on record within 14 days or on a waiting list, or said why it does not count"),
    "transfer": _l("Said: care is not taken over"),
    "team_visit": _l("Said: nobody of the specialist's team sees the child in person"),
    "later": _l("No later answer within the days says that the child is seen in person"),
    "window": _l("Long enough since the last one for this child"),
    "payer": _l("It is known who pays"),
    "accepted": _l("The payer takes this code"),
    "consultant_npi": _l("The specialist's NPI is there"),
    "requester_npi": _l("The clinician's NPI is there"),
    "insurance_id": _l("The insurance number is there"),
    "diagnosis": _l("The clinic gave an ICD-10 code"),
    "program_id": _l("The plan's number is there"),
    "consultant_enrolled": _l("The specialist is enrolled in Medicaid"),
    "requester_enrolled": _l("The clinician is enrolled in Medicaid"),
    "child_state": _l("The child's state is known"),
    "consultant_licence": _l("The specialist has a license in the child's state"),
    "requester_licence": _l("The clinician has a license in the child's state"),
}
AGAINST = {
    "colleague": _l(
        "Asked by the specialist, whose report it is, and not by the child's clinic. This time is on record, but no "
        "code is for it, and it adds nothing to the specialist's minutes"
    ),
    "requested": _l("A family asked. It counts once a clinician sends it on"),
    "request_signed": _l("No clinician has sent the request under their name"),
    "reason": _l("The request gives no reason"),
    "consent": _l("No consent to this consult is on record"),
    "cost_told": _l("No consent is on record that says that a part may have to be paid"),
    "confidential": _l("The young person keeps this question from the family, and the insurer writes home"),
    "minutes": _l("The time is too short for a code"),
    "report_signed": _l("The written answer is not signed"),
    "report_sent": _l("The answer has not reached a clinic"),
    "f2f_prior": _l("Seen in person in the 14 days before, or not said"),
    "f2f_planned": _l("A visit in person within 14 days, or not said"),
    "visit_before": _l("A visit in person is on record in the 14 days before, and nobody said why it does not count"),
    "visit_after": _l(
        "A visit in person is on record within 14 days or on a waiting list, and nobody said why it does not count"
    ),
    "transfer": _l("Care is taken over, or not said"),
    "team_visit": _l("Somebody of the specialist's team sees the child in person, or not said"),
    "later": _l("A later answer within the days says that the child is seen in person, or care is taken over"),
    "window": _l("Too soon after the last one for this child"),
    "payer": _l("Nobody said who pays"),
    "accepted": _l("The payer does not take this code"),
    "consultant_npi": _l("The specialist's NPI is missing"),
    "requester_npi": _l("The clinician's NPI is missing"),
    "insurance_id": _l("The insurance number is missing"),
    "diagnosis": _l("The clinic gave no ICD-10 code"),
    "program_id": _l("The plan's number is missing"),
    "consultant_enrolled": _l("The specialist is not enrolled in Medicaid"),
    "requester_enrolled": _l("The clinician is not enrolled in Medicaid"),
    "child_state": _l("The child's state is missing"),
    "consultant_licence": _l("The specialist has no license in the child's state"),
    "requester_licence": _l("The clinician has no license in the child's state"),
}
PLACES = {
    **dict.fromkeys(("f2f_prior", "visit_before", "f2f_planned", "visit_after", "transfer", "team_visit"), "attest"),
    **dict.fromkeys(("payer", "insurance_id", "program_id", "child_state"), "coverage"),
    **dict.fromkeys(("consultant_npi", "consultant_enrolled", "consultant_licence"), "numbers-consultant"),
    **dict.fromkeys(("requester_npi", "requester_enrolled", "requester_licence"), "numbers-requester"),
    **dict.fromkeys(
        ("requested", "request_signed", "reason", "consent", "confidential", "report_signed", "report_sent"), "consult"
    ),
    "minutes": "time",
    "diagnosis": "diagnosis",
}
HANDS = {
    Role.SPECIALIST: {"time": "#time", "attest": "#attest", "numbers-consultant": "#numbers"},
    Role.PCP: {"time": "#time", "diagnosis": "#diagnosis", "coverage": "#coverage", "numbers-requester": "#numbers"},
    Role.COORDINATOR: {"coverage": "#coverage"},
}


_SPECIALIST, _CLINIC, _DESK = _l("The specialist"), _l("The clinic"), _l("The care coordinator")
_NOBODY = _l("Nobody: it is so")
MENDERS: dict[str, LazyString] = {
    **dict.fromkeys(("f2f_prior", "visit_before", "f2f_planned", "visit_after"), _SPECIALIST),
    **dict.fromkeys(("transfer", "team_visit", "report_signed"), _SPECIALIST),
    **dict.fromkeys(("consultant_npi", "consultant_enrolled", "consultant_licence"), _SPECIALIST),
    **dict.fromkeys(("requester_npi", "requester_enrolled", "requester_licence", "diagnosis"), _CLINIC),
    **dict.fromkeys(("requested", "request_signed", "reason", "consent"), _CLINIC),
    **dict.fromkeys(("payer", "insurance_id", "program_id", "child_state"), _l("The clinic or the care coordinator")),
    "report_sent": _DESK,
    "minutes": _l("Whoever worked, if more was done"),
}


def mended_by(key: str) -> str:
    """Who can do something about what stands against a part."""
    return str(MENDERS.get(key, _NOBODY))


def named(part: Part) -> str:
    """A part by its consult's number, its answer where there are several, and its day."""
    day = long_day(part.facts.served_on) if part.facts.served_on else ""
    return gettext(
        "%(number)s, answer %(answer)d of %(day)s", number=part.consult.number, answer=part.of.version, day=day
    )


def against(part: Part, key: str) -> str:
    """What stands against this part; of a later answer also where its minutes will count."""
    if key == "window" and part.first is not None:
        return gettext(
            "One code for this and %(other)s. Its minutes count there once no more stands here", other=named(part.first)
        )
    if key == "window" and part.side == Side.CONSULTANT and not part.facts.diagnosis:
        return gettext(
            "Too soon after the last one for this child. If the clinic's ICD-10 code shows the same problem, the "
            "minutes count with that one"
        )
    if key in _WINDOWS:
        visits = listed(each for each in _WINDOWS[key](part.facts) if not each.why)
        return gettext("%(what)s: %(visits)s", what=AGAINST[key], visits=visits)
    return str(AGAINST[key])


_WINDOWS = {"visit_before": visits_before, "visit_after": visits_after}


def beside(part: Part) -> tuple[Recorded, ...]:
    """The visits on record that stand beside what is said of this part, explained or not."""
    return (*visits_before(part.facts), *visits_after(part.facts))


def listed(visits: Iterable[Recorded]) -> str:
    """Visits in words, with the reason that was given; empty where there are none."""
    return "; ".join(", ".join(filter(None, (_visit(each), str(VISIT_WHY.get(each.why, ""))))) for each in visits)


def whys() -> list[tuple[str, str]]:
    """The reasons that a visit does not count, as choices."""
    return [(code, str(words)[:1].upper() + str(words)[1:]) for code, words in VISIT_WHY.items()]


def _visit(visit: Recorded) -> str:
    day = visit.on or visit.listed_on
    return str(_VISITS[VisitState(visit.state)]) % {"day": long_day(day) if day else ""}


def counted(part: Part) -> str:
    """Where the minutes of this part count, if not under a code of its own; else empty."""
    if not part.suggestion.is_counted or part.first is None:
        return ""
    return gettext("Counted with %(other)s: one code for both", other=named(part.first))


def summed(part: Part) -> str:
    """What the minutes of a code are made of, where those of later answers are among them; else empty."""
    if not part.counted_here:
        return ""
    pieces = [gettext("%(minutes)d min here", minutes=part.minutes)]
    pieces += [
        gettext("%(minutes)d min of %(other)s", minutes=each.minutes, other=named(each)) for each in part.counted_here
    ]
    return gettext("The minutes of one service: %(pieces)s", pieces="; ".join(pieces))


def beyond(part: Part) -> str:
    """What to think of where the clinic worked longer than its code stands for; else empty."""
    found = part.suggestion
    if not found.beyond:
        return ""
    return gettext(
        "%(code)s stands for the first %(most)d minutes. Where the other %(beyond)d go beyond those of a visit, a code "
        "of prolonged service may fit: a person decides",
        code=found.code,
        most=found.minutes - found.beyond,
        beyond=found.beyond,
    )


def changed(part: Part) -> str:
    """What a file told of this part as ready, where it is not so any more; else empty."""
    told = part.was_ready
    if told is None:
        return ""
    return gettext(
        "The file of %(day)s told %(code)s with %(minutes)d min. It has changed since: what was billed by that file "
        "has to be looked at again",
        day=long_day(told.exported_at.astimezone(ZoneInfo(choose_zone())).date()),
        code=told.code,
        minutes=told.minutes,
    )


def state(part: Part) -> str:
    """Whether a part is ready, in a word or two."""
    if part.suggestion.is_ready:
        return gettext("ready")
    return gettext("not ready") if part.may_have_code else gettext("no code of its own")


def payers_of(rules: RuleSet) -> list[tuple[str, str]]:
    """The payers that a reader chooses from, each by its code: the site's own names go before ours."""
    return [(code, payer.name or str(PAYERS.get(code, code))) for code, payer in rules.payers.items()]


def mended_at(key: str, role: str, consult: str) -> str:
    """Where this reader mends what stands against a code; empty where somebody else, or only time, does."""
    place = PLACES.get(key, "")
    return consult if place == "consult" else HANDS[Role(role)].get(place, "")
