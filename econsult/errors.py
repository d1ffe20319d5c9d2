"""The errors that every room above the consult understands; each carries one clear sentence and a stable code."""

from __future__ import annotations

from datetime import datetime


class ConsultError(Exception):
    """A rule said no. `code` is stable snake_case for machines; the message is one English sentence for people."""

    code = "refused"
    is_recorded = False  # True where what was written before the refusal is part of the record and must be kept.

    def __init__(self, message: str, *, code: str | None = None, detail: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.detail = detail or {}


class NotFoundError(ConsultError):
    """The record does not exist, or this person may not know that it does."""

    code = "not_found"

    def __init__(self, message: str = "There is nothing here for you.") -> None:
        super().__init__(message)


class ErasedError(ConsultError):
    """The record was erased at `at`: its keys are destroyed, and nobody can open it any more."""

    code = "erased"

    def __init__(self, at: datetime) -> None:
        super().__init__(f"This record was erased on {at.date().isoformat()}.", detail={"erased_at": at.isoformat()})
        self.at = at


class ForbiddenError(ConsultError):
    """The person may know the record but lacks the right to do this with it."""

    code = "forbidden"


class ImpossibleVerbError(ConsultError):
    """The lifecycle table has no entry for this (status, verb)."""

    code = "impossible_verb"

    def __init__(self, status: str, verb: str) -> None:
        # It may be the state of a step, a visit or a file, too.
        said = f"“{verb.replace('_', ' ')}” is not possible now: the state is {status}."
        super().__init__(said, detail={"state": status, "verb": verb})


class OriginalGoneError(ImpossibleVerbError):
    """A file cannot be prepared anew: its original was let go `days` days after the end of the consult."""

    code = "original_gone"

    def __init__(self, status: str, verb: str, days: int) -> None:
        super().__init__(status, verb)
        self.days = days
        closed = f"it was deleted {days} days after this request was closed"
        self.args = (f"The original is no longer kept: {closed}.",)


class TakenError(ImpossibleVerbError):
    """Somebody else was faster; `holder` is the colleague's name."""

    def __init__(self, status: str, holder: str) -> None:
        super().__init__(status, "claim")
        self.holder = holder
        self.detail |= {"holder": holder}


class TooLateError(ImpossibleVerbError):
    """It could have been taken back, and cannot any more; the message says why."""

    code = "too_late"

    def __init__(self, status: str, verb: str, message: str) -> None:
        super().__init__(status, verb)
        self.args = (message,)


class CallOpenError(ImpossibleVerbError):
    """An answer says "emergency, now", and nobody has written down yet what came of the call to its family."""

    code = "call_open"

    def __init__(self, status: str, verb: str) -> None:
        super().__init__(status, verb)
        self.args = ("The family is still to be called about an emergency. Make the call, and write down how it went.",)


class InvalidError(ConsultError):
    """A value is wrong or missing. `fields` maps a field's name to a stable reason code."""

    code = "invalid"

    def __init__(self, message: str, fields: dict[str, str]) -> None:
        super().__init__(message, detail={"fields": fields})
        self.fields = fields


HELP_LINES = {"poisoning": "1-800-222-1222", "self_harm": "988"}
"""Whom to call besides 911 for a sign of danger: poison control, and the line for thoughts of suicide."""


class EmergencyError(ConsultError):
    """A red flag that means now: the request stops and the person is sent to emergency care.

    Its detail names in `call` the numbers that fit, 911 first, for a program that shows them.
    """

    code = "emergency"
    is_recorded = True

    def __init__(self, codes: tuple[str, ...], attestation: dict[str, str] | None = None) -> None:
        """`attestation` says what is wrong in a clinician's attestation, by its field, where one was given."""
        call = ["911", *(HELP_LINES[code] for code in codes if code in HELP_LINES)]
        super().__init__(
            "This may be an emergency. Call 911 or go to the nearest emergency room now.",
            detail={"red_flags": list(codes), "call": call, **({"attestation": attestation} if attestation else {})},
        )
        self.codes = codes
        self.wrong = attestation or {}


class TooManyTriesError(ConsultError):
    """Somebody has guessed too often; even a right password is not looked at for a while."""

    code = "too_many_tries"

    def __init__(self) -> None:
        super().__init__("Too many tries. Wait a quarter of an hour, or use a sign-in link.")


class StaleVersionError(ConsultError):
    """Somebody saved this record after the caller read it; nothing was overwritten."""

    code = "stale_version"


class SettingError(ValueError):
    """A setting has a value that the program cannot work with; the start stops with this one line."""
