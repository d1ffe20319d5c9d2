"""Walking through JSON that somebody wrote by hand: every refusal says where it is and what should stand there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


class TemplateError(ValueError):
    """A questionnaire that cannot be used; the words name the place."""


@dataclass(frozen=True)
class Place:
    """A value inside of a file, and the way to it: `item[3].enableWhen[0]`."""

    value: Any
    path: str = ""

    @property
    def mapping(self) -> Mapping[str, Any]:
        if not isinstance(self.value, Mapping):
            raise self.wrong("must be an object")
        return self.value

    def as_object(self) -> Place:
        """Itself, where it is an object."""
        return Place(self.mapping, self.path)

    def at(self, name: str) -> Place:
        """A place below, for its name in a refusal."""
        return Place(None, f"{self.path}.{name}" if self.path else name)

    def wrong(self, words: str) -> TemplateError:
        return TemplateError(f"{self.path or 'the file'} {words}")

    def group(self, name: str) -> Place:
        return Place(self.mapping.get(name), self.at(name).path).as_object()

    def parts(self, name: str) -> list[Place]:
        """The objects of a list; an absent one is empty."""
        found = self.mapping.get(name, [])
        if not isinstance(found, list):
            raise self.at(name).wrong("must be a list")
        return [Place(part, f"{self.at(name).path}[{number}]").as_object() for number, part in enumerate(found)]

    def text(self, name: str) -> str:
        found = self.mapping.get(name)
        if not isinstance(found, str) or not found:
            raise self.at(name).wrong("must be a text")
        return found

    def flag(self, name: str) -> bool:
        found = self.mapping.get(name, False)
        if not isinstance(found, bool):
            raise self.at(name).wrong("must be true or false")
        return found

    def whole(self, name: str, otherwise: int) -> int:
        found = self.mapping.get(name, otherwise)
        if isinstance(found, bool) or not isinstance(found, int) or found < 0:
            raise self.at(name).wrong("must be a whole number")
        return found

    def choice(self, name: str, options: Collection[str], otherwise: str) -> str:
        found = self.mapping.get(name, otherwise)
        if found not in options:
            raise self.at(name).wrong(f"must be one of {', '.join(options)}")
        return str(found)

    def only(self, names: Collection[str]) -> None:
        """Refuse what is not known: it may be one of these, misspelt."""
        for name in self.mapping:
            if name not in names:
                raise self.at(str(name)[:40]).wrong("is not known here")
