"""The page where a parent chooses photos, in a real browser, and what a test does to it."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, Request, expect
from sqlalchemy import select

from econsult.consults.attachments import Attachment
from econsult.consults.intake import Upload
from econsult.consults.records import Consult
from econsult.people.persons import Person
from econsult.people.signin import open_session
from storage import sealed
from tests.web.browsing import session_cookie
from tests.web.uploading import Server
from uploads.staged import staged_path

PHOTO = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": os.urandom(700_000)}


def new_draft(server: Server) -> Consult:
    details = {"red_flags_asked": True, "red_flags": [], "body_site": "elbow"}
    return server.consult(server.clinic.family_draft, details=details)


def sign_in(server: Server, page: Page, person: Person) -> Page:
    with server.runtime.database.writing() as session:
        token = open_session(session, person, datetime.now(UTC))
    address = f"http://localhost:{server.ports[0]}"
    page.context.add_cookies([session_cookie(token, address)])
    return page


def open_photos(server: Server, page: Page, draft: Consult) -> Locator:
    """Go to the page where photos are added; gives its cards."""
    page.goto(f"http://localhost:{server.ports[0]}/family/ask/{draft.public_id}/photos")
    expect(page.locator("form[data-upload-state]")).to_be_visible()
    return page.locator("[data-upload-list] > li")


def slow_down(page: Page, bytes_per_second: int) -> None:
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": bytes_per_second},
    )


def sent_by(page: Page) -> list[Request]:
    """A list that grows with every request that begins or brings a file."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method in {"POST", "PATCH"} else None)
    return sent


def arrived(server: Server, draft: Consult) -> list[bytes]:
    """The plaintext of every file that the consult has got."""
    with server.runtime.database.reading() as session:
        rows = list(session.scalars(select(Attachment).where(Attachment.consult_id == draft.id)))
        vault = server.runtime.vault
        keys = [vault.object_key(session, row.patient_id, row.public_id, row.key_wrapped) for row in rows]
    found = []
    for row, key in zip(rows, keys, strict=True):
        with staged_path(server.runtime.settings.staging, row.public_id).open("rb") as file:
            found.append(sealed.open(file, row.public_id, key).read())
    return found


def left_alone(server: Server, path: str) -> None:
    """Nobody has sent anything to this upload for an hour."""
    long_ago = time.time() - 3600
    object_id = path.rsplit("/", 1)[-1]
    for file in staged_path(server.runtime.settings.staging, object_id).parent.glob("*"):
        os.utime(file, (long_ago, long_ago))
    with server.runtime.database.writing() as session:
        row = session.scalars(select(Upload).where(Upload.public_id == object_id)).one()
        row.created_at = datetime.fromtimestamp(long_ago, UTC)


def half_of(server: Server, draft: Consult) -> str:
    """The address of the upload that waits for its rest."""
    items = server.phone(server.clinic.mother).ask("GET", "/uploads?state=incomplete").json["items"]
    (found,) = (str(item["url"]) for item in items if item["consult_id"] == draft.public_id)
    return found
