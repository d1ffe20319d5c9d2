"""The one exception by which a step says no to a file."""


class Refused(Exception):  # noqa: N818 - it is an answer about the file, not an error of ours.
    """The file cannot be accepted. `reason` is a stable snake_case code that pages translate."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
