"""What must not stay readable on a document: the case's own names, dates and numbers, as plain data."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Identifiers:
    """The words of one case. They are looked for in every spelling and are never written down anywhere.

    `names` are whole names of the child and of the family; `birth_dates` are in ISO form; `numbers` are record,
    plan and account numbers; `phones`, `emails` and `addresses` are as they were typed in. `nicknames` are what the
    child is called at home, without what is a thing as well; in rows of results they are not looked for.
    """

    names: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    nicknames: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say how many there are and nothing else, wherever this may be printed."""
        return f"Identifiers({self.count()})"

    def count(self) -> int:
        """Return how many words there are."""
        return sum(len(getattr(self, field.name)) for field in fields(self))
