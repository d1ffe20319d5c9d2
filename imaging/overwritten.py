"""Tells of a film's coded pictures which were overwritten with zeros, as in a copy that was never finished.

The decoders of HEVC, VP8, VP9 and AV1 make a picture of whatever they get, without a word; H.264's says so.
"""

from collections.abc import Callable

from av.video.stream import VideoStream

from imaging.walks.hevc import is_coded

_CONFIGURED, _LONGEST = 21, 0b11
"""Where a configuration of HEVC says how long a unit's length is, less one."""
_GAP = bytes(256)
"""More zeros than the others write in a row, even of a film that is black: 20 at most were seen, and disks lose 512."""
_BY_NUMBERS = {"vp8", "vp9", "av1"}


def overwritten_in(stream: VideoStream) -> Callable[[bytes], bool]:
    """Return what says of a coded picture of this stream whether it was overwritten. What is not understood was not."""
    context = stream.codec_context
    told = bytes(context.extradata or b"")
    name = context.codec.canonical_name
    if name == "hevc" and len(told) > _CONFIGURED and told[0] == 1:
        length = 1 + (told[_CONFIGURED] & _LONGEST)
        return lambda coded: not is_coded(coded, length)
    if name in _BY_NUMBERS:
        return lambda coded: _GAP in coded
    return lambda _: False
