"""The codes of the consult in the words of staff: short and clinical, the same on every staff page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _l

from econsult.consults.contents import Disposition
from econsult.consults.conversion import VISIT
from econsult.consults.lifecycle import Status
from econsult.consults.policies import ClockName
from econsult.consults.records import RANKS, Urgency
from econsult.consults.threads import Audience
from econsult.consults.urgency import MAY_LOWER
from econsult.people.patients import ALIAS, Patient, age_in_months
from web.words.language import gettext, language
from web.words.times import erased_words

SPECIALTIES = {
    "dermatology": _l("Dermatology"),
    "neurology": _l("Neurology"),
    "endocrinology": _l("Endocrinology"),
    "cardiology": _l("Cardiology"),
    "gastroenterology": _l("Gastroenterology"),
    "genetics": _l("Genetics"),
    "nephrology": _l("Nephrology"),
    "metabolic": _l("Metabolic disease"),
    "cystic_fibrosis": _l("Cystic fibrosis"),
    "asthma": _l("Asthma and allergy"),
    "cleft": _l("Cleft and face"),
}
SEXES = {"female": _l("Girl"), "male": _l("Boy"), "other": _l("Child"), "unknown": _l("Child")}
ADULTS = {"female": _l("Woman"), "male": _l("Man"), "other": _l("Adult"), "unknown": _l("Adult")}
ADULT_AT = 18
"""In years: from then on nobody is called a girl or a boy."""
LANGUAGES = {"en": _l("English"), "es": _l("Spanish")}
READERS = {"en": _l("The family reads English."), "es": _l("The family reads Spanish.")}
URGENCIES = {
    # The program's rules say within what time: no name of it says another.
    Urgency.ROUTINE: _l("Routine"),
    Urgency.SAME_DAY: _l("Same day"),
    Urgency.URGENT: _l("Urgent"),
}
QUESTION_TYPES = {
    "diagnosis": _l("What is it?"),
    "treatment": _l("How to treat it?"),
    "work_up": _l("Which tests?"),
    "interpret_result": _l("What does this result mean?"),
    "need_visit": _l("Is a visit needed?"),
    "follow_up": _l("How does it go on?"),
}
DISPOSITIONS = {
    Disposition.ADVICE_ONLY: _l("Advice is enough, no visit"),
    Disposition.WORK_UP_FIRST: _l("Tests first, then look again"),
    Disposition.NEW_PHOTO: _l("Look again with a new photo"),
    Disposition.CLINIC_VISIT: _l("Visit with the specialist"),
    Disposition.EXPEDITE: _l("Visit with the specialist, soon"),
    Disposition.EMERGENCY_NOW: _l("To the emergency room now"),
    Disposition.CONVERT_TO_REFERRAL: _l("Full referral instead"),
    Disposition.WRONG_SPECIALTY: _l("Another specialty should answer"),
}
_ADVICE_AND_VISIT = _l("Advice for now, and the visit that is in the plan")
TRIED = {
    "no_answer": _l("Nobody answered"),
    "left_message": _l("Asked to call back"),
    "wrong_number": _l("Wrong number"),
}
CONFIDENCES = {"sure": _l("Sure"), "likely": _l("Likely"), "unsure": _l("Unsure")}
OWNERS = {
    "family": _l("Family"),
    "pcp": _l("Clinic"),
    "specialist": _l("Specialist"),
    "coordinator": _l("Coordinator"),
}
STATUSES = {
    Status.DRAFT: _l("Draft"),
    Status.SUBMITTED: _l("Waiting for somebody to take it"),
    Status.CLAIMED: _l("Being answered"),
    Status.NEEDS_INFO: _l("Waiting for information"),
    Status.ANSWERED: _l("Answer given"),
    Status.CLOSED: _l("Closed"),
    Status.DECLINED: _l("Declined"),
    Status.WITHDRAWN: _l("Taken back"),
    Status.REDIRECTED: _l("Sent elsewhere"),
}
CLOCKS = {
    "allocate": _l("somebody takes it"),
    "first_reply": _l("first reply"),
    "next_reply": _l("next reply"),
    "family_informed": _l("family told"),
    "second": _l("reply of a colleague"),
}
RISKS = {
    "late": _l("It is late already."),
    "holder_away": _l("Whoever has it is away."),
    "no_cover": _l("Nobody is on duty before it runs out."),
    "clinic_away": _l("Nobody of the clinic is there before it runs out."),
    "little_time": _l("Too little time is left for an answer."),
    "too_many": _l("More requests than those on duty can answer in time."),
}
WEEKDAYS = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)
PAUSES = {
    "needs_family": _l("needs family"),
    "needs_clinicians": _l("needs clinic"),
    "needs_coordination": _l("needs coordinator"),
}
LANES = {
    Audience.CLINICIANS: _l("Clinicians"),
    Audience.FAMILY: _l("Family"),
    Audience.COORDINATION: _l("Coordination"),
}
LANE_READERS = {
    Audience.CLINICIANS: _l(
        "Read by the clinic, whoever answers, and a second specialist who is asked. The family does not see it."
    ),
    Audience.FAMILY: _l(
        "The family reads this, in its pages. So do the clinic, the care coordinators and whoever answers."
    ),
    Audience.COORDINATION: _l("Internal. Read by the clinic and the care coordinators only."),
}
ADDRESSED = _l(
    "You read here what specialists ask you for, and what you write. They and the doctors of the clinic read it too."
)
"""What stands over the clinicians' lane for the telepresenter who asked."""
LANE_LOOKS = {Audience.CLINICIANS: "clinic", Audience.FAMILY: "family", Audience.COORDINATION: "internal"}
ROLES = {
    "caregiver": _l("Family"),
    "pcp": _l("Clinic"),
    "telepresenter": _l("Clinic"),
    "specialist": _l("Specialist"),
    "coordinator": _l("Care coordinator"),
    "director": _l("Program director"),
    "privacy": _l("Privacy officer"),
    "admin": _l("Administrator"),
    "youth": _l("Young person"),
    "invited": _l("Invited device"),
}
TOLD = {
    "opened": _l("says that it understood"),
    "phone": _l("told by phone"),
    "visit": _l("told at a visit"),
    "code": _l("read it with a code sent to the phone or e-mail on file"),
}
PHONE_EVENTS = {
    "opened": _l("The answer was signed"),
    "reminded": _l("Everybody was reminded"),
    "late": _l("Late: everybody and the medical director were told"),
    "tried": _l("Nobody answered"),
    "done": _l("Done"),
    "called_off": _l("Called off: the child has died"),
    "called_on": _l("To be made after all"),
    "replaced": _l("Replaced by the call about a newer answer"),
}
PHONE_OUTCOMES = {
    "reached": _l("The family was reached."),
    "sent_help": _l("The family could not be reached; somebody was sent to them."),
}
ASKABLE = {
    "far_photo": _l("A photo from far, in daylight"),
    "close_photo": _l("A close photo, sharp, in daylight"),
    "other_side": _l("The other side or another angle"),
    "video": _l("A short video"),
    "labs": _l("Test results, with their ranges"),
    "medicines": _l("What was tried: dose and how long"),
    "course": _l("Since when, and how it changed"),
    "weight": _l("Weight today"),
}


def urgencies_for(role: str, least: str) -> dict[Urgency, LazyString]:
    """Those that somebody of this role may choose of something that was sent: a clinician any, others none below."""
    return {
        each: words for each, words in URGENCIES.items() if role in MAY_LOWER or RANKS[each] <= RANKS[Urgency(least)]
    }


def language_named(code: str) -> str:
    """A language as it stands within a sentence: Spanish writes it small."""
    words = str(LANGUAGES[code])
    return words.lower() if language() == "es" else words


def promise(clock: str, lane: str) -> str:
    """What was promised, by its clock: a family and a clinic may each wait for a reply of their own."""
    if clock == ClockName.NEXT_REPLY and lane == Audience.FAMILY:
        return gettext("reply to the family")
    return str(CLOCKS[clock])


def age(patient: Patient, today: date) -> str:
    """How old the child is: in days below 4 weeks, in weeks below 12, in months below 2 years, then in years."""
    days = max((today - patient.birth_date).days, 0)
    if days < 28:
        return str(ngettext("%(num)d day", "%(num)d days", days))
    if days < 84:
        return str(ngettext("%(num)d week", "%(num)d weeks", days // 7))
    months = age_in_months(patient.birth_date, today)
    if months < 24:
        return str(ngettext("%(num)d month", "%(num)d months", months))
    return str(ngettext("%(num)d year", "%(num)d years", months // 12))


def child(patient: Patient, today: date) -> str:
    """The patient without a name: "Girl, 4 years", "Man, 19 years"; of an erased record when that was."""
    if patient.erased_at is not None:
        return erased_words(patient.erased_at)
    words = ADULTS if age_in_months(patient.birth_date, today) >= 12 * ADULT_AT else SEXES
    return f"{words.get(patient.sex, words['unknown'])}, {age(patient, today)}"


def alias_words(alias: str) -> str:
    """An alias in the reader's language: its word is said in it, its letters and digits are the same in each."""
    return gettext("Child %(code)s", code=alias.removeprefix(ALIAS)) if alias.startswith(ALIAS) else alias


def next_step(content: Mapping[str, Any]) -> str:
    """What an answer says comes next, or nothing yet. Advice "without a visit" stands beside no visit in its plan."""
    disposition = content.get("disposition")
    if disposition == Disposition.ADVICE_ONLY and names_visit(content):
        return str(_ADVICE_AND_VISIT)
    return str(DISPOSITIONS.get(disposition, "")) if disposition else ""


def names_visit(content: Mapping[str, Any]) -> bool:
    """Whether a step of the plan is a visit."""
    return any(step.get("kind") == VISIT for step in content.get("recommendations") or ())
