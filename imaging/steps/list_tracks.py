"""Names what a video carries beside its picture, none of which travels on but a voice with consent."""

from imaging.steps.open_clip import Clip

_TRACKS = {"audio": "audio", "data": "data_stream", "subtitle": "subtitles", "attachment": "attachment"}
# Brands and the like are the container's own words, not the camera's.
_OWN_TAGS = {"major_brand", "minor_version", "compatible_brands", "handler_name", "vendor_id", "language", "encoder"}
_PLACES = ("location", "gps", "xyz")


def list_tracks(opened: Clip) -> frozenset[str]:
    """Return the classes found, such as `audio`, `gps` or `metadata`; a voice that is kept is none of them."""
    streams = opened.container.streams
    kept = {opened.stream.index, opened.sound.index if opened.sound is not None else -1}
    found = {_TRACKS.get(stream.type, "other_images") for stream in streams if stream.index not in kept}
    tags = {key.lower() for holder in (opened.container, *streams) for key in holder.metadata}
    if tags - _OWN_TAGS:
        found.add("metadata")
    if any(place in key for key in tags for place in _PLACES):
        found.add("gps")
    return frozenset(found)
