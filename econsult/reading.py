"""The one place where a case's texts leave for somebody who may not know whose child it is.

What is stored stays as it was written; the covering is done anew for each reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from econsult.access import Pass
from econsult.consults.details import spaced
from econsult.identifying import OnFile, on_file
from econsult.people.naming import Known, cover, cover_each, kinds_in
from econsult.people.patients import Patient
from econsult.people.persons import Person, Role
from econsult.rights import Right


@dataclass(frozen=True)
class Reader:
    """Gives texts as one reader may have them: whole, or with a mark in the place of each known identifier."""

    known: Known | None
    marks: Mapping[str, str]

    def text(self, text: str) -> str:
        """One text as it may be read."""
        return text if self.known is None else cover(text, self.known, self.marks)

    def whole(self, value: Any) -> Any:
        """Every text and number inside of a JSON value, and names of its fields that a program chose after somebody."""
        if isinstance(value, Mapping):
            return self._named(value)
        return self._beside(value) if isinstance(value, list | tuple) else self._beside([value])[0]

    def _named(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """The entries by their names; two names that are covered alike are two all the same."""
        found: dict[str, Any] = {}
        for name, entry in zip(group, self._beside(self._behind_names(group)), strict=True):
            field = self._field(str(name))
            more = (field, *(f"{field} {number}" for number in range(2, len(group) + 2)))
            found[next(each for each in more if each not in found)] = entry
        return found

    def _behind_names(self, group: Mapping[str, Any]) -> list[Any]:
        """The entries read with their names before them: a name may say that a person or a birthday follows."""
        pairs = [text for name, entry in group.items() for text in (spaced(str(name)), entry)]
        return self._covered(pairs)[1::2]

    def _beside(self, entries: Sequence[Any]) -> list[Any]:
        """Entries of one list or group: somebody's day or name may be spread over several of them."""
        return [self._deeper(entry) for entry in self._covered(entries)]

    def _covered(self, entries: Sequence[Any]) -> list[Any]:
        """The texts and numbers among them covered as what stands beside each other; nothing else is touched."""
        said = {place: text for place, entry in enumerate(entries) if (text := _as_text(entry)) is not None}
        done = list(entries)
        if self.known is not None and said:
            read = cover_each(list(said.values()), self.known, self.marks)
            for (place, text), covered in zip(said.items(), read, strict=True):
                done[place] = done[place] if covered == text else covered
        return done

    def _deeper(self, entry: Any) -> Any:
        return self.whole(entry) if isinstance(entry, Mapping | list | tuple) else entry

    def _field(self, name: str) -> str:
        words = spaced(name)
        return name if (covered := self.text(words)) == words else covered


def _as_text(entry: Any) -> str | None:
    """What a text or a number says; a number with nothing behind its point is read as a whole one."""
    if isinstance(entry, str):
        return entry
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        return None
    return str(int(entry)) if isinstance(entry, float) and entry.is_integer() else str(entry)


def reader_for(session: Session, passed: Pass, marks: Mapping[str, str]) -> Reader:
    """The reader of one consult that `access` let in."""
    if passed.may(Right.SEE_IDENTITY):
        return Reader(None, marks)
    return outsider(session, passed, marks)


def outsider(session: Session, passed: Pass, marks: Mapping[str, str]) -> Reader:
    """Somebody who may not know the child, whoever asks: what a specialist will read."""
    return Reader(_known(passed.patient, on_file(session, [passed.patient])[passed.patient.id]), marks)


def readers_among(
    session: Session, person: Person, patients: Iterable[Patient], marks: Mapping[str, str]
) -> dict[int, Reader]:
    """The same for the rows of a list, by the child's id, with one look-up; only specialists' are covered."""
    children = list(patients)
    if person.role != Role.SPECIALIST:
        return {child.id: Reader(None, marks) for child in children}
    known = on_file(session, children)
    return {child.id: Reader(_known(child, known[child.id]), marks) for child in children}


def told_kinds(session: Session, passed: Pass, texts: Iterable[str]) -> tuple[str, ...]:
    """Which kinds of known identifiers stand in these texts, for a warning to whoever writes them."""
    known = outsider(session, passed, {}).known
    return kinds_in("\n".join(texts), known) if known is not None else ()


def _known(patient: Patient, told: OnFile) -> Known:
    return Known(
        names=tuple(told.names),
        birth_dates=() if patient.erased_at else (patient.birth_date, *told.birth_dates),
        phones=tuple(told.phones),
        emails=tuple(told.emails),
        numbers=tuple(told.numbers),
        nicknames=tuple(told.nicknames),
    )
