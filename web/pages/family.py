"""The family's pages, one blueprint for each part of the way: start, ask, photos, story, status, answer."""

from __future__ import annotations

from web.pages.family_answer import family_answer
from web.pages.family_ask import family_ask
from web.pages.family_home import family_home
from web.pages.family_photos import family_photos
from web.pages.family_status import family_status
from web.pages.family_story import family_story

FAMILY = (family_home, family_ask, family_photos, family_story, family_status, family_answer)
