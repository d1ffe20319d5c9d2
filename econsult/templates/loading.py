"""The questionnaires of one installation: those in the house, and a site's own, which come before them by version."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from sqlalchemy.orm import Session

from econsult.errors import SettingError
from econsult.templates.items import CORE, Questionnaire
from econsult.templates.parsing import parse
from econsult.templates.places import TemplateError

DATA = Path(__file__).parent / "data"
LARGEST = 512 * 1024
KEPT = "templates"
"""Where a session's information holds the library of its installation."""
MOST_FILES = 500


class Library:
    """Every version of every form. The newest of a name is the one that is asked today."""

    def __init__(self, forms: Iterable[Questionnaire]) -> None:
        self._forms = {(form.name, form.version): form for form in forms}
        self._newest: dict[str, Questionnaire] = {}
        for form in sorted(self._forms.values(), key=_order):
            self._newest[form.name] = form

    @property
    def every(self) -> Iterable[Questionnaire]:
        """Every version of every form."""
        return self._forms.values()

    @property
    def newest(self) -> Mapping[str, Questionnaire]:
        """The form of each name that is asked today."""
        return self._newest

    def find(
        self, subject: str | None, audience: str, versions: Mapping[str, Any] | None = None
    ) -> Questionnaire | None:
        """The form for this specialty (or `core`): in the version that was answered, where that is still known."""
        name = f"{subject}-{audience}"
        return self.version(name, (versions or {}).get(name))

    def version(self, name: str, version: object) -> Questionnaire | None:
        """That version, or the newest where it is gone or none is named."""
        return self._forms.get((name, str(version))) or self._newest.get(name)

    def forms(
        self, subject: str | None, audience: str, versions: Mapping[str, Any] | None = None
    ) -> list[Questionnaire]:
        """What is asked about one child: the core, then the specialty's own."""
        found = (self.find(name, audience, versions) for name in dict.fromkeys((CORE, subject or CORE)))
        return [form for form in found if form is not None]


@functools.cache
def built_in() -> tuple[Questionnaire, ...]:
    """The forms in the house, read once."""
    return tuple(_read(path) for path in sorted(DATA.glob("*.json")))


def load_library(folder: Path | None = None) -> Library:
    """The forms in the house and those of a site's folder, which replace the same version of the same name.

    Raises SettingError with one sentence that names the file and the place in it.
    """
    own = _paths(folder) if folder is not None else []
    forms, seen = list(built_in()), dict[tuple[str, str], str]()
    for path in own:
        form = _read(path)
        known = seen.setdefault((form.name, form.version), path.name)
        if known != path.name:
            raise SettingError(f"ECONSULT_TEMPLATES: {path.name}: it is {form.name} {form.version}, as {known} is.")
        forms.append(form)
    return Library(forms)


def library_of(session: Session) -> Library:
    """The library of the installation whose records these are."""
    return cast("Library", session.info[KEPT]) if KEPT in session.info else _house()


@functools.cache
def _house() -> Library:
    return Library(built_in())


def _paths(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except OSError as error:
        raise SettingError(f"ECONSULT_TEMPLATES: the folder cannot be read: {error.strerror}.") from None
    if len(found) > MOST_FILES:
        raise SettingError(f"ECONSULT_TEMPLATES: the folder holds more than {MOST_FILES} files.")
    return found


def _read(path: Path) -> Questionnaire:
    try:
        return parse(json.loads(_content(path).decode("utf-8-sig"), object_pairs_hook=_without_twins))
    except OSError as error:
        raise _refusal(path, f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _refusal(path, "it is no text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise _refusal(path, f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _refusal(path, "it is nested too deep") from None
    except TemplateError as error:
        raise _refusal(path, str(error)) from None
    except ValueError:
        # Python reads no whole number of more than some thousand digits.
        raise _refusal(path, "it holds a number that is too long") from None


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise TemplateError("the file is too big")
    return content


def _refusal(path: Path, words: str) -> SettingError:
    return SettingError(f"ECONSULT_TEMPLATES: {path.name}: {words}.")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twin = next(name for name, _ in pairs if [each for each, _ in pairs].count(name) > 1)
        raise TemplateError(f"{twin[:40]} stands twice in one object")
    return found


def _order(form: Questionnaire) -> tuple[str, list[int]]:
    return form.name, [int(part) for part in form.version.split(".")]
