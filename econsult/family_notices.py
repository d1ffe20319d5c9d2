"""What families are told: the words of staff are not theirs. The same by letter and by text message.

The Spanish here keeps to the alphabet of text messages (`reach.short`).
"""

from __future__ import annotations

from econsult.notice_kinds import NoticeKind
from econsult.notice_words import TEXTS

FAMILY: dict[NoticeKind, dict[str, str]] = {
    NoticeKind.RECEIVED: {
        "en": "We got your question. Sign in to see when we will answer.",
        "es": "Recibimos su pregunta. Entre para ver la hora de la respuesta.",
    },
    NoticeKind.CLINIC_ASKED: {
        "en": "Your clinic asked a children's specialist. Sign in to see when the answer comes.",
        "es": "Su doctor hizo una pregunta a un especialista. Entre para ver la hora de la respuesta.",
    },
    NoticeKind.SENT_ON: {
        "en": "Your clinic asked a children's specialist. Sign in to see when we will answer.",
        "es": "Su pregunta va ahora a un especialista. Entre para ver la hora de la respuesta.",
    },
    NoticeKind.DECLINED: {
        "en": "We could not answer your question here. Sign in to see what to do now.",
        "es": "No pudimos responder su pregunta. Entre para ver lo que puede hacer ahora.",
    },
    NoticeKind.CLINIC_MOVED: {
        "en": "Another clinic here will answer your question. Sign in to see when we will answer.",
        "es": "Otro equipo de doctores va a responder su pregunta. Entre para ver la hora de la respuesta.",
    },
    NoticeKind.WITHDRAWN: {
        "en": "A question about your child has ended without an answer. Sign in to see it.",
        "es": "Una pregunta sobre su hijo ha terminado sin respuesta. Entre para verla.",
    },
    NoticeKind.CORRECTED: {
        "en": "We corrected an answer for you. Sign in to read the new one. Do not use the old one.",
        "es": "Corregimos una respuesta para usted. Entre para leer la nueva. No use la anterior.",
    },
    NoticeKind.CORRECTED_NOW: {
        "en": "We corrected an urgent answer for you. Sign in now to read it. Do not use the old one.",
        "es": "Corregimos una respuesta urgente para usted. Entre de inmediato. No use la anterior.",
    },
    NoticeKind.DIGEST: {
        "en": "There is more than one new thing for you. Sign in to see what.",
        "es": "Hay varias cosas nuevas para usted. Entre para verlas.",
    },
}
"""Where a family is told in other words than staff."""
TOLD = frozenset(
    {
        *FAMILY,
        NoticeKind.MORE_NEEDED,
        NoticeKind.STILL_NEEDED,
        NoticeKind.LESS_NEEDED,
        NoticeKind.MESSAGE,
        NoticeKind.ANSWERED,
        NoticeKind.LATE,
        NoticeKind.READ_NOW,
        NoticeKind.SIGN_IN_CHANGED,
        NoticeKind.SIGN_IN_NEW,
        NoticeKind.CONTACT_CHANGED,
        NoticeKind.RIGHT_ENDS,
        NoticeKind.OUTCOME_ASKED,
        NoticeKind.STEP_OPEN,
        NoticeKind.VISIT_SET,
        NoticeKind.VISIT_OFF,
        NoticeKind.VISIT_SOON,
        NoticeKind.ACCOUNT_OPENED,
    }
)
"""What families are told. Anything else that reaches one says no more than that there is something new."""


OF_THE_ACCOUNT = frozenset({NoticeKind.SIGN_IN_CHANGED, NoticeKind.SIGN_IN_NEW, NoticeKind.CONTACT_CHANGED})
"""What tells of the account alone. Nothing else reaches the family of a child who has died, whatever kinds may come."""


def said_to(kind: str, *, is_family: bool) -> dict[str, str]:
    """The words of a letter of this kind for such a reader, by language."""
    known = NoticeKind(kind)
    if not is_family:
        return TEXTS[known]
    known = known if known in TOLD else NoticeKind.MESSAGE
    return FAMILY.get(known) or TEXTS[known]
