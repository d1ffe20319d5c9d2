"""The acts of the story in their order, from the question to its close, and what remains of it to look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys import prepared, story
from tests.journeys.media import Media
from tests.journeys.story import Cast


@dataclass(frozen=True)
class Told:
    """A story that came to its end: the consult's id, its attachments by name, and the words that were said."""

    consult_id: str
    child: dict[str, Any]
    attachments: dict[str, dict[str, Any]]


def tell(cast: Cast, media: Media, folder: Path) -> Told:
    """Tell the whole story on the product of this cast; copies of renditions rest in `folder`."""
    consult_id = story.draft_question(cast)
    sent = story.send_media(cast, consult_id, media)
    story.submit(cast.parent, consult_id)
    story.send_on(cast, consult_id)
    story.claim(cast, consult_id)
    ready = story.wait_ready(cast.derm, consult_id)
    assert set(ready) == set(sent.values())
    attachments = {name: ready[attachment_id] for name, attachment_id in sent.items()}
    look_at_media(cast, attachments, folder)
    story.ask_for_more(cast, consult_id, media)
    story.talk(cast, consult_id)
    story.answer(cast, consult_id)
    story.hear(cast, consult_id)
    return Told(consult_id, cast.child(), attachments)


def look_at_media(cast: Cast, attachments: dict[str, dict[str, Any]], folder: Path) -> None:
    """The specialist fetches every copy; nobody else who has no business with it gets one."""
    for name, attachment in attachments.items():
        copies = prepared.fetch_all(cast.derm, attachment)
        place = folder / name
        place.mkdir()
        prepared.check_clean(copies, place)
        if attachment["kind"] == "photo":
            prepared.check_photo(copies, attachment)
        if name == "far":
            prepared.check_upright(copies)
        if attachment["kind"] == "video":
            prepared.check_video(cast.derm, attachment, copies)
        if attachment["kind"] == "lab_document":
            assert set(copies) == {"page-1", "thumb"}
        url = attachment["renditions"][0]["url"]
        assert [who.ask("GET", url).status for who in (cast.neuro, cast.stranger)] == [404, 404]
