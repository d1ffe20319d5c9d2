"""The fields of what a family, or its clinic for it, says to a request: consent, further answers, taking it back."""

from __future__ import annotations

from typing import Any

from econsult.consults.furtherance import Allowed
from econsult.people import consent
from econsult.people.persons import LANGUAGES
from web.api.described import FLAG, INSTANT, closed, listed, optional, text

_SAID: dict[str, Any] = {
    "by": text(16, *consent.GIVEN_BY),
    "method": text(16, *consent.METHODS),
    "language": text(8, *LANGUAGES),
}
CONSENT = closed(("given",), given=FLAG, **_SAID)
VOICE = closed(("given",), given=FLAG, **_SAID, after_no=text(16))
WITHDRAW_CONSENT_IN = closed(tuple(_SAID), **_SAID)
ALLOWED_IN = closed(("what", "given", *_SAID), what=text(16, *Allowed), given=FLAG, **_SAID, after_no=text(16))
CONFIDENTIAL_IN = closed(("confidential",), confidential=FLAG)
_KEPT: dict[str, Any] = {**_SAID, "text_version": text(16), "at": INSTANT}
WITHDRAWAL = closed(tuple(_KEPT), **_KEPT)
VOICE_ANSWER = closed(("given", "text_version", "at"), given=FLAG, **_KEPT)
REFUSED = closed(("what", "text_version", "at", "mark"), what=text(16, *Allowed, "voice"), **_KEPT, mark=text(16))
CONSENTS = {
    "voice_consent": optional(VOICE_ANSWER),
    "allowed": listed(text(16, *Allowed), len(Allowed)),
    "refused": listed(REFUSED, len(Allowed) + 1),
    "consent_withdrawal": optional(WITHDRAWAL),
}
