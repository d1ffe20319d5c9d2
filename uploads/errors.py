"""What an upload may be refused for. Each is an answer to a client, so each carries a stable code."""

from __future__ import annotations

from econsult.errors import ConsultError, InvalidError


class UploadError(ConsultError):
    """The root of the refusals of this room."""


class OffsetMismatchError(UploadError):
    """The chunk does not begin where the stored bytes end; nothing was changed. `offset` is where they end."""

    code = "offset_mismatch"

    def __init__(self, offset: int) -> None:
        super().__init__(f"The upload stands at byte {offset}.", detail={"offset": offset})
        self.offset = offset


class OvertakenError(UploadError):
    """A newer request has taken the upload over; this one wrote nothing after that."""

    code = "overtaken"

    def __init__(self) -> None:
        super().__init__("A newer request goes on with this upload.")


class LockedError(UploadError):
    """Others use the upload all the time; `retry_after` is in seconds. Clients forget an upload for less than this."""

    code = "locked"

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("This upload is in use. Ask again.", detail={"retry_after": retry_after})
        self.retry_after = retry_after


class SignedOutError(UploadError):
    """The session or the token that the request came with ended while its bytes came; the last of them does not count.

    What came before stays for whoever signs in again, one byte short of a whole file, which a sweep would complete.
    """

    code = "unauthorized"

    def __init__(self) -> None:
        super().__init__("Sign in again to send the rest.")


class GoneError(UploadError):
    """The upload has expired, was ended, or lost its bytes; a new one must be begun."""

    code = "gone"

    def __init__(self) -> None:
        super().__init__("This upload has ended. Begin a new one.")


class TooBigError(UploadError):
    """More bytes than the kind of file may have, or than were declared."""

    code = "too_big"

    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit} bytes are accepted here.", detail={"limit": limit})


class TooManyError(UploadError):
    """The person has used up what one person may send for now. `retry_after` is in seconds."""

    code = "too_many"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, detail={"retry_after": retry_after})
        self.retry_after = retry_after


class ChecksumMismatchError(UploadError):
    """The chunk is not what its sender computed; it was discarded and the offset stands where it stood."""

    code = "checksum_mismatch"

    def __init__(self) -> None:
        super().__init__("The chunk was damaged on its way and was discarded. Send it again.")


class SignsFirstError(InvalidError):
    """Nobody has answered yet whether the child has a danger sign, so no file is taken."""

    code = "signs_first"

    def __init__(self) -> None:
        super().__init__("Answer first whether there is a danger sign.", {"details.red_flags": "required"})


class SiteFirstError(InvalidError):
    """The family has not said yet which part of the body the question is about, so no picture of one is taken."""

    code = "site_first"

    def __init__(self) -> None:
        super().__init__("Say first where it is.", {"details.body_site": "required"})


class CutShortError(UploadError):
    """The file ended before its end, and cannot be gone on with."""

    code = "cut_short"

    def __init__(self) -> None:
        super().__init__("The file did not arrive whole. Send it again.")
