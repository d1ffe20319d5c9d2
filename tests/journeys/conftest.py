"""The people and the files of the stories; drawing takes seconds, so both last for the session."""

from __future__ import annotations

import pytest

from tests.journeys.media import Media, draw_media, smaller
from tests.journeys.story import Cast
from tests.journeys.told import Told, tell
from tests.services.product import Product


@pytest.fixture(scope="session")
def media() -> Media:
    """The mother's files."""
    return draw_media()


@pytest.fixture(scope="session")
def cast(product: Product) -> Cast:
    """The people, on the product that keeps its blobs in files."""
    return Cast(product)


@pytest.fixture(scope="session")
def told(cast: Cast, media: Media, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The whole story, told once through the API; several tests look at what it left behind.

    Its photos are small: those of the story in the browser have the size of a phone's.
    """
    return tell(cast, smaller(media), tmp_path_factory.mktemp("copies"))
