"""This site and this browser, as passkeys know them."""

from __future__ import annotations

from econsult.errors import ForbiddenError
from econsult.people.authenticators import Site, site_of
from econsult.people.proving import SOURCE, Place
from web.context import database, settings, source_here
from web.cookies import read_cookie


def site_here() -> Site | None:
    """This site; None where browsers have no passkeys for it: they tie them to a name, and numbers have none."""
    return site_of(settings().base_url, settings().program_name)


def place_by(cookie: str) -> Place:
    """Where somebody is, known by this cookie's token. Raises ForbiddenError without one, and without a site."""
    return place_of(read_cookie(cookie))


def place_of(browser: str) -> Place:
    """Where somebody is whose browser has this token. Raises ForbiddenError."""
    site = site_here()
    if site is None or not browser:
        raise ForbiddenError("Passkeys need a site with a name, and a browser that keeps cookies.")
    return Place(site, browser, tuple(database().cipher.blind_indexes(source_here(), SOURCE)))
