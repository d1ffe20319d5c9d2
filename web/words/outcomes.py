"""How it went, in words: for staff, and for families in plain ones."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

QUESTIONS = {
    "how": _l("How is the child now?"),
    "seen": _l("Seen in person within 30 days?"),
    "changed": _l("Did the answer change your plan?"),
    "referral": _l("What about a referral?"),
    "otherwise": _l("Without this answer the child would have"),
}
OF_FAMILY = {**QUESTIONS, "seen": _l("Seen by a doctor for this?")}
"""What a family was asked, as staff read it: its own page asks of no number of days."""
STAFF = {
    "how": {"better": _l("Better"), "same": _l("The same"), "worse": _l("Worse"), "unsure": _l("Not known")},
    "seen": {"yes": _l("Yes, or booked"), "no": _l("No"), "unsure": _l("Not known")},
    "changed": {"yes": _l("Yes"), "no": _l("No")},
    "referral": {
        "avoided": _l("Avoided"),
        "still": _l("Still needed"),
        "new": _l("New one needed"),
        "none": _l("None was planned"),
    },
    "otherwise": {
        "without": _l("Gone without any care"),
        "clinic": _l("Stayed with our clinic"),
        "specialist": _l("Seen a specialist"),
        "emergency": _l("Gone to an emergency room"),
        "unsure": _l("Not known"),
    },
}
ASKED_FAMILY = {
    "how": _l("How is your child now?"),
    "seen": _l("Did a doctor see your child for this?"),
    "otherwise": _l("Without our answer, what would you have done?"),
}
FAMILY = {
    "how": {"better": _l("Better"), "same": _l("The same"), "worse": _l("Worse"), "unsure": _l("I am not sure")},
    "seen": {
        "no": _l("No"),
        "clinic": _l("Yes, at our clinic"),
        "specialist": _l("Yes, a specialist"),
        "emergency": _l("Yes, in the emergency room"),
        "elsewhere": _l("Yes, somewhere else"),
    },
    "otherwise": {
        "clinic": _l("Gone to our clinic"),
        "specialist": _l("Gone to a specialist"),
        "emergency": _l("Gone to the emergency room"),
        "without": _l("Gone without care"),
        "unsure": _l("I am not sure"),
    },
}
SHOWN = {
    "how": STAFF["how"],
    "seen": {**FAMILY["seen"], **STAFF["seen"]},
    "changed": STAFF["changed"],
    "referral": STAFF["referral"],
    "otherwise": {**FAMILY["otherwise"], "unsure": _l("Not known")},
}
