"""Puts the application together: every page, route and header of this room."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from econsult.erasure.carrying import Tools, refuse_brought_back
from econsult.people.madeup import PASSWORD, refuse_made_up
from econsult.settings import Settings
from web.api import about, api
from web.gateway import gateway
from web.health import PASSWORDS_ALONE, health
from web.pages.account import account
from web.pages.again import clinic_again, family_again
from web.pages.by_code import by_code
from web.pages.confidential import confidential
from web.pages.contact import contact
from web.pages.demo import demo
from web.pages.door import door
from web.pages.family import FAMILY
from web.pages.family.safety import init_exit
from web.pages.invited import invited
from web.pages.link import link
from web.pages.passkeys import passkey_pages
from web.pages.programs import programs
from web.pages.second_factor import second_factor
from web.pages.staff import STAFF
from web.pages.start import start
from web.pages.typed import typed
from web.pages.unsent import unsent
from web.shell.assets import init_assets
from web.shell.auth import init_auth
from web.shell.crashes import init_crashes
from web.shell.deadlocks import Pages
from web.shell.desk import init_desk
from web.shell.errors import init_errors
from web.shell.forms import init_bodies, init_forms
from web.shell.headers import init_headers
from web.shell.kept import init_kept
from web.shell.numbers import init_numbers
from web.shell.once import init_once
from web.shell.places import init_places
from web.shell.program import init_program
from web.shell.unreadable import init_unreadable
from web.showing.court import init_court
from web.showing.deaths import init_deaths
from web.showing.files import init_files
from web.showing.media import media
from web.showing.papers import papers
from web.showing.tries import init_tries
from web.showing.worktime import init_worktime
from web.uploading.servers import RIGHT_ONE, refuse_buffering, unproven
from web.uploading.simple_upload import simple_upload
from web.uploading.tus import tus
from web.words.language import init_language
from web.words.times import init_times
from workers.refusal import refusing
from workers.runtime import Runtime, open_runtime

_log = logging.getLogger(__name__)
PAGES = (
    health,
    door,
    link,
    invited,
    by_code,
    confidential,
    second_factor,
    account,
    programs,
    typed,
    unsent,
    passkey_pages,
    contact,
    start,
    tus,
    simple_upload,
    media,
    papers,
    api,
    about,
    gateway,
    *FAMILY,
    family_again,
    clinic_again,
    *STAFF,
)


def demo_app() -> Flask:
    """The application with the demo's doors, for the HTTP process of the demo."""
    with refusing():
        return build_app(open_runtime(is_demo=True))


def build_app(runtime: Runtime | None) -> Flask:
    """See `web.create_app`."""
    with refusing():
        refuse_buffering()
        runtime = runtime or open_runtime()
        if not runtime.settings.is_demo:
            refuse_made_up(runtime.database)
            _refuse_brought_back(runtime)
            _warn_of_passwords(runtime.settings)
    if kinds := unproven():
        _log.warning(
            "WARNING: gunicorn's workers of the kind %s may stand still for one slow phone. For uploads run: %s",
            kinds,
            RIGHT_ONE,
        )
    app = Pages("web", static_folder=None)
    app.extensions["econsult"] = runtime
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["program"] = {
        "name": runtime.settings.program_name,
        "phone": runtime.settings.help_phone,
        "tel": runtime.settings.help_number,
        "is_demo": runtime.settings.is_demo,
        "password": PASSWORD if runtime.settings.is_demo else "",
    }
    _trust_proxies(app, runtime.settings.proxy_hops)
    # Headers come first: Flask runs what is registered first last, so they also cover what the others add.
    init_headers(app)
    init_assets(app)
    init_language(app)
    init_times(app)
    init_errors(app)
    init_crashes(app)
    init_bodies(app)
    init_auth(app)
    init_program(app)
    init_forms(app)
    init_numbers(app)
    init_once(app)
    init_places(app)
    init_kept(app)
    init_files(app)
    init_worktime(app)
    init_tries(app)
    init_court(app)
    init_unreadable(app)
    init_deaths(app)
    init_desk(app)
    init_exit(app)
    for pages in (*PAGES, demo) if runtime.settings.is_demo else PAGES:
        app.register_blueprint(pages)
    return app


def _refuse_brought_back(runtime: Runtime) -> None:
    """Let nobody sign in to an older copy of the database before the register of what was erased was read again."""
    tools = Tools(runtime.database.cipher, runtime.settings.audit_anchors)
    try:
        with runtime.database.reading() as session:
            refuse_brought_back(session, tools, datetime.now(UTC))
    except SQLAlchemyError:
        # A database that does not answer yet is asked by whoever needs it.
        return
    except OSError:
        _log.warning("WARNING: the register of what was erased cannot be read here: see ECONSULT_AUDIT_ANCHORS.")


def _warn_of_passwords(settings: Settings) -> None:
    """One line that whoever reads the log of a start cannot overlook."""
    if not settings.needs_factor:
        _log.warning("WARNING: %s. Health records need more than a password; set it to required.", PASSWORDS_ALONE)


def _trust_proxies(app: Flask, hops: int) -> None:
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
