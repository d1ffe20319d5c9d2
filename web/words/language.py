"""Which language a page speaks, and how it says a time.

An explicit `?lang=` wins, then the signed-in person's record, then the cookie of the switch, then what the browser
asks for. The switch is a small form on every page: it remembers the choice and returns to the same place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from urllib.parse import urlsplit

from babel.support import Translations
from flask import Flask, g, request
from flask_babel import Babel, Domain, force_locale, get_domain, get_locale
from werkzeug import Response

from econsult.people.account import time_zone_of
from econsult.people.persons import Person
from econsult.zones import zone_of
from web.context import database, settings, signed_in
from web.cookies import read_cookie, set_cookie
from web.words.catalogues import load_translations

LANGUAGES = {"en": "English", "es": "Español"}
COOKIE = "lang"
ONE_YEAR = 365 * 24 * 3600


class _Loaded(Domain):  # type: ignore[misc]
    """The two catalogues, loaded at the start and found by their language: a page's texts ask hundreds of times."""

    def get_translations(self) -> Translations:
        found = self.cache.get((language(), "messages")) if g else None
        return cast("Translations", found or super().get_translations())


def init_language(app: Flask) -> None:
    """Set up translations, and give templates the language, the other languages and the place to return to."""
    babel = Babel(app, locale_selector=choose_language, timezone_selector=choose_zone)
    domain = _Loaded()
    for language in LANGUAGES:
        domain.cache[language, "messages"] = load_translations(language)
    babel.domain_instance = domain
    # Newstyle fills in `%(name)s` and escapes what it fills in, as flask_babel's own callables do.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _translations().ugettext(text),
        lambda one, many, number: _translations().ungettext(one, many, number),
        newstyle=True,
    )
    app.context_processor(_language_words)
    app.after_request(_remember_choice)


def gettext(text: str, **values: object) -> str:
    """The text in the language of this request, with `%(name)s` filled in from `values`."""
    said = str(_translations().ugettext(text))
    return said % values if values else said


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Say texts in this language, whatever the request's is."""
    _forget_spoken()
    try:
        with force_locale(code):
            yield
    finally:
        _forget_spoken()


def _forget_spoken() -> None:
    g.pop("translations", None)
    g.pop("spoken", None)


def _translations() -> Translations:
    """The catalogue of this request, looked up once: a list says hundreds of texts, and each look-up has its price."""
    if "translations" not in g:
        g.translations = get_domain().get_translations()
    return cast("Translations", g.translations)


def chosen_before() -> str:
    """The language that a visitor chose in this browser; empty where none was. It lasts a year.

    Until December 2027 also under the name that it had before all cookies got the prefix of the host.
    """
    return read_cookie(COOKIE) or request.cookies.get(COOKIE, "")


def choose_language() -> str:
    """The language of this request, one of LANGUAGES."""
    wishes = (request.args.get("lang"), getattr(signed_in(), "language", None), chosen_before())
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(list(LANGUAGES), default="en")


def choose_zone() -> str:
    """The IANA time zone in which this request's times are shown."""
    person = signed_in()
    if person is None:
        return settings().time_zone
    # Asked for each time that a list says: it is looked up once for what the person has chosen now.
    asked = (person.id, person.time_zone)
    known, zone = g.get("zone", (None, ""))
    if known != asked:
        zone = zone_of(_zone_of_person(person), settings().time_zone, f"person {person.id}").key
        g.zone = (asked, zone)
    return str(zone)


def _zone_of_person(person: Person) -> str:
    """What the person has chosen, else their clinic's zone, looked up once in a request."""
    if person.time_zone:
        return person.time_zone
    if "clinic_zone" not in g:
        with database().reading() as session:
            g.clinic_zone = time_zone_of(session, person)
    return str(g.clinic_zone)


def language() -> str:
    """The language of this request as a template or a verb wants it, `en` or `es`: looked up once, as its texts are."""
    spoken = g.get("spoken")
    if spoken is None:
        spoken = g.spoken = str(get_locale().language)
    return str(spoken)


def safe_path(address: str) -> str:
    """The address if it is a path on this site, else `/`, so that no link of ours can lead a person elsewhere."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return "/"
    is_ours = (
        not parts.scheme and not parts.netloc and parts.path.startswith("/") and not address.strip().startswith("//")
    )
    return address.strip() if is_ours and "\\" not in address and address.isprintable() else "/"


def _remember_choice(response: Response) -> Response:
    wish = request.args.get("lang")
    if wish in LANGUAGES and request.endpoint != "static":
        remember(response, wish)
    return response


def remember(response: Response, wish: str) -> None:
    """Keep the language of a visitor in a cookie for a year."""
    set_cookie(response, COOKIE, wish, max_age=ONE_YEAR)


def _language_words() -> dict[str, object]:
    back = request.full_path.rstrip("?") if request.method == "GET" and "lang" not in request.args else request.path
    others = {code: name for code, name in LANGUAGES.items() if code != language()}
    return {"language": language(), "other_languages": others, "same_page": back, "person": signed_in()}
