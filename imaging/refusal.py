"""The two exceptions by which a step says no to a file, or that a person must look at it first."""


class Refused(Exception):  # noqa: N818 - it is an answer about the file, not an error of ours.
    """The file cannot be accepted. `reason` is a stable snake_case code that pages translate."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Held(Exception):  # noqa: N818 - it is an answer about the file, not an error of ours.
    """The file cannot be shown before a person has decided. `reason` is a stable code, as above."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
