"""The family's pages, one blueprint for each part of the way: start, ask, photos, story, status, answer."""

from __future__ import annotations

from web.pages.family.answer import family_answer
from web.pages.family.ask import family_ask
from web.pages.family.asked import family_asked
from web.pages.family.consent import family_consent
from web.pages.family.home import family_home
from web.pages.family.outcome import family_outcome
from web.pages.family.photos import family_photos
from web.pages.family.plan import family_plan
from web.pages.family.safety import family_safety
from web.pages.family.seen import family_seen
from web.pages.family.status import family_status
from web.pages.family.story import family_story
from web.pages.family.visits import family_visits
from web.pages.family.voice import family_voice
from web.pages.notes import family_notes

FAMILY = (
    family_home,
    family_ask,
    family_asked,
    family_photos,
    family_story,
    family_status,
    family_voice,
    family_consent,
    family_answer,
    family_seen,
    family_safety,
    family_notes,
    family_plan,
    family_visits,
    family_outcome,
)
