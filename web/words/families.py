"""The codes of the consult in the words of families: short, plain, at most twenty words a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from econsult.access_log import Deed
from econsult.consults.details import contact_of
from econsult.consults.lifecycle import Status
from econsult.consults.redflags import BODY_SITES

# Code and words. The first list is asked of everybody, the second is about the skin.
RED_FLAGS = (
    ("breathing", _l("Hard time breathing, breath that stops, or blue lips")),
    ("unresponsive", _l("Very hard to wake, or suddenly confused")),
    ("seizure", _l("A seizure")),
    ("anaphylaxis", _l("Swelling of face, lips or tongue")),
    ("non_blanching_rash", _l("Spots that do not fade when you press a glass on them")),
    ("young_infant_fever", _l("Fever of 100.4 °F or more, in a baby under 3 months")),
    (
        "weak_defenses_fever",
        _l(
            "Fever, and weak defenses (from medicine, cancer or a transplant), dialysis, a central line or port, "
            "no spleen, or sickle cell"
        ),
    ),
    ("stiff_neck", _l("Stiff neck with fever, or a bulging soft spot")),
    ("bilious_or_bloody_vomit", _l("Green vomit, blood in vomit or stool, or black stool")),
    ("dehydration", _l("No pee for 8 hours, sunken eyes, or cannot keep water down")),
    ("severe_pain", _l("Very strong or sudden pain, a hard belly, or pain in a testicle")),
    ("injury", _l("A bad injury, a bad burn, or a hard hit on the head")),
    ("poisoning", _l("Swallowed poison, pills, a battery, a magnet or a strong cleaner")),
    ("self_harm", _l("Thoughts of hurting themselves")),
    ("unsafe", _l("Someone hurts your child, or you are not safe")),
)
SKIN_FLAGS = (
    ("blisters_or_raw_skin", _l("Skin with many blisters, that peels and is raw, or that is red almost all over")),
    ("sores_with_new_drug", _l("Sores in the mouth, eyes or private parts after a new medicine")),
    ("fast_spreading_skin", _l("Red or dark skin that spreads fast and hurts a lot")),
    ("eczema_sores", _l("Eczema with round sores that hurt a lot, and a fever")),
    ("kawasaki_signs", _l("Fever for 5 days with red eyes, red lips or a rash")),
)


SITES = {
    "scalp": _l("Head, under the hair"),
    "face": _l("Face"),
    "mouth": _l("Mouth or lips"),
    "neck": _l("Neck"),
    "chest": _l("Chest"),
    "belly": _l("Belly"),
    "back": _l("On the back"),
    "arm": _l("Arm"),
    "elbow": _l("Elbow"),
    "hand": _l("Hand"),
    "leg": _l("Leg"),
    "knee": _l("Knee"),
    "foot": _l("Foot"),
    "all_over": _l("All over the body"),
    "not_skin": _l("It is not about the skin"),
}
SITE_CODES = tuple(code for code in BODY_SITES if code in SITES)
PRIVATE_SITE = "private_area"
PRIVATE_WORDS = _l("Private parts, diaper area, bottom or breast")

SINCE = {
    "today": _l("Since today"),
    "days": _l("2 or 3 days"),
    "week": _l("About a week"),
    "longer": _l("Longer"),
}
SYMPTOMS = {"itch": _l("It itches"), "pain": _l("It hurts"), "fever": _l("Fever")}
CONTACTS = {"call_back": _l("Please call me"), "visit": _l("I want a visit")}

RELATIONS = {
    "mother": _l("mother"),
    "father": _l("father"),
    "parent": _l("parent"),
    "guardian": _l("legal guardian"),
    "grandparent": _l("grandparent"),
    "foster_parent": _l("foster parent"),
    "agency": _l("agency with legal care"),
    "other": _l("caregiver"),
    "self": _l("the young person"),
}
CONSENT_BY = {"self": "youth", "mother": "parent", "father": "parent", "parent": "parent", "agency": "agency"}


SEES = {"private": _l("Only my clinic and me"), "shared": _l("My parents or caregivers too")}
"""Who of the family sees what a young person asks."""


def contact_words(details: Mapping[str, Any]) -> str:
    """What a family asked for instead of photos, with the number that it gave; empty where it did not."""
    contact = contact_of(details)
    way = str(CONTACTS.get(contact["way"], ""))
    return f"{way}: {contact['phone']}" if way and contact["phone"] else way


CALL_CLINIC = _l("Please call your clinic")
STATUSES = {
    Status.DRAFT: ("pen", _l("Not sent yet")),
    Status.SUBMITTED: ("send", _l("Sent. A doctor will look soon.")),
    Status.CLAIMED: ("eye", _l("A doctor is looking")),
    Status.NEEDS_INFO: ("camera", _l("We need one more thing from you")),
    Status.ANSWERED: ("message", _l("The answer is ready")),
    Status.CLOSED: ("check", _l("Closed")),
    Status.DECLINED: ("phone", CALL_CLINIC),
    Status.WITHDRAWN: ("x", _l("You cancelled this question")),
    Status.REDIRECTED: ("phone", CALL_CLINIC),
}
CALL_TO_HEAR = _l("There is an answer. Your clinic calls you. Or call them now to hear it.")
CALL_TO_GIVE = _l("Your clinic needs one more thing. Please call them.")
INVITED_STATES = {
    **STATUSES,
    Status.NEEDS_INFO: ("phone", CALL_TO_GIVE),
    Status.ANSWERED: ("message", CALL_TO_HEAR),
    Status.CLOSED: ("message", CALL_TO_HEAR),
    Status.WITHDRAWN: ("x", _l("Closed")),
}
"""For a device without an account: the same words for every answer, of which it learns nothing here."""
CLINIC_ASKED = ("clinic", _l("A doctor asked your clinic for one more thing"))
"""What is asked for is no family's to give."""
CONSENT_BACK = ("lock", _l("Closed, because the consent was taken back"))
TAKEN_BACK = ("phone", _l("Your clinic took this question back. Please call them."))
OPEN_AGAIN = ("send", _l("Your question is open again. A doctor will look soon."))
EMERGENCY = ("alert", _l("Please go to the emergency room now"))
"""Of an answer that says so, wherever the family meets it."""
_VISIT = (
    _l("Your child needs a visit. Your clinic will call you."),
    _l("You need a visit. Your clinic will call you."),
)
VISIT_AGREED = (
    _l("Your child needs a visit. Your clinic has said yes to it. Your care coordinator will call you to set the day."),
    _l("You need a visit. Your clinic has said yes to it. Your care coordinator will call you to set the day."),
)
"""Where the clinic agreed to it beforehand, so that nobody has to ask first."""
_TESTS = (
    _l("Your child needs tests first. Ask your clinic which ones."),
    _l("You need tests first. Ask your clinic which ones."),
)
_PHOTO = (_l("The doctor would like to see a new photo later on. The list says by when."),) * 2
_OTHER = (_l("A different kind of doctor should look at this. Your clinic will help you with that."),) * 2
WHAT_NOW = {
    "work_up_first": _TESTS,
    "new_photo": _PHOTO,
    "clinic_visit": _VISIT,
    "expedite": _VISIT,
    "convert_to_referral": _VISIT,
    "wrong_specialty": _OTHER,
}
"""By the code of an answer's next step: what it means for the family of a child, and for a young person."""
# A signed answer that the clinic has not read yet.
WITH_CLINIC = ("clinic", _l("A doctor has answered. Your doctor will talk with you."))
MESSAGE_CAME = _l("We got your message. Your clinic will answer.")
STOOD_IN = _l("They did so because none of our care coordinators was there.")
# What was done with a child's records, alone and in front of the numbers of questions.
DEEDS = {
    Deed.NAME: _l("Saw the name and how to reach you"),
    Deed.HELD_NAME: _l("Saw the name and birth date, because they have your question"),
    Deed.EXCEPTION: _l("Opened the name and birth date by exception, for one hour"),
    Deed.HOLD: _l("Opened what you had locked away, because a law or a court demands it"),
    Deed.LISTED: _l("Saw it in a list"),
    Deed.OPENED: _l("Opened it"),
    Deed.MEDIA: _l("Looked at photos, videos or papers"),
    Deed.NOTE: _l("Saved the answer as a file"),
    Deed.CODE_ASKED: _l("Asked for a code to read the answer"),
    Deed.BY_CODE: _l("Read the answer with a code sent to your phone or e-mail"),
    Deed.CORRECTED: _l("Changed the name, birth date or other details on file"),
    Deed.SEARCHED: _l("Checked who saw it"),
    Deed.SIGNED: _l("Signed in or out"),
    Deed.CAME_OVER: _l("Came here from another account of yours"),
    Deed.WENT_OVER: _l("Went from here to another account of yours"),
    Deed.REFUSED: _l("Was not let in"),
    Deed.WORKED: _l("Worked on it"),
}
DEEDS_ON = {
    Deed.NAME: _l("Saw your name with"),
    Deed.HELD_NAME: _l("Saw the name and birth date, because they have your question:"),
    Deed.EXCEPTION: _l("Opened the name and birth date by exception, for one hour:"),
    Deed.HOLD: _l("Opened what you had locked away, because a law or a court demands it:"),
    Deed.LISTED: _l("Saw in a list:"),
    Deed.OPENED: _l("Opened:"),
    Deed.MEDIA: _l("Looked at photos, videos or papers of:"),
    Deed.NOTE: _l("Saved the answer as a file:"),
    Deed.CODE_ASKED: _l("Asked for a code to read the answer of:"),
    Deed.BY_CODE: _l("Read the answer with a code sent to your phone or e-mail:"),
    Deed.CORRECTED: _l("Changed details on file:"),
    Deed.SEARCHED: _l("Checked who saw:"),
    Deed.WORKED: _l("Worked on:"),
}
AUTHORS = {
    "caregiver": _l("Family"),
    "pcp": _l("Your clinic"),
    "telepresenter": _l("Your clinic"),
    "specialist": _l("Specialist"),
    "coordinator": _l("Care coordinator"),
    # In the place of a coordinator, of whom none was there.
    "director": _l("Care coordinator"),
    "admin": _l("Care coordinator"),
    "invited": _l("Family"),
    "youth": _l("Young person"),
}
