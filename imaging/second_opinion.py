"""What exiftool, where it is installed, sees in a prepared file beyond the picture itself."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from imaging.exiftool import Exiftool
from imaging.verification import Finding

# Facts of the file on this disk and of the tool, computed values, and the bare structure of the formats we write.
_GROUPS = {"ExifTool", "System", "Composite"}
_FILE = {"FileType", "FileTypeExtension", "MIMEType", "ImageWidth", "ImageHeight", "EncodingProcess", "BitsPerSample"}
_FILE |= {"ColorComponents", "YCbCrSubSampling"}
_JFIF = {"JFIFVersion", "ResolutionUnit", "XResolution", "YResolution"}
_PNG = {"ImageWidth", "ImageHeight", "BitDepth", "ColorType", "Compression", "Filter", "Interlace", "Palette"}
_MOVIE = {"MajorBrand", "MinorVersion", "CompatibleBrands", "MovieHeaderVersion", "TimeScale", "Duration"}
_MOVIE |= {"PreferredRate", "PreferredVolume", "MatrixStructure", "NextTrackID", "MediaDataSize", "MediaDataOffset"}
_MOVIE |= {f"{name}Time" for name in ("Preview", "Poster", "Selection", "Current")}
_MOVIE |= {"PreviewDuration", "SelectionDuration"}
_TRACK = {"TrackHeaderVersion", "TrackID", "TrackDuration", "TrackLayer", "TrackVolume", "MatrixStructure"}
_TRACK |= {"ImageWidth", "ImageHeight", "MediaHeaderVersion", "MediaTimeScale", "MediaDuration", "MediaLanguageCode"}
_TRACK |= {"HandlerType", "HandlerDescription", "GraphicsMode", "OpColor", "CompressorID", "SourceImageWidth"}
_TRACK |= {"SourceImageHeight", "XResolution", "YResolution", "BitDepth", "VideoFrameRate", "PixelAspectRatio"}
_TRACK |= {"BufferSize", "MaxBitrate", "AverageBitrate", "ColorProfiles", "ColorPrimaries", "MatrixCoefficients"}
_TRACK |= {"TransferCharacteristics", "VideoFullRangeFlag"}
_ALLOWED = {"File": _FILE, "JFIF": _JFIF, "PNG": _PNG, "QuickTime": _MOVIE, "Track1": _TRACK, "RIFF": {"VP8Version"}}
_ALLOWED["PDF"] = {"PDFVersion", "Linearized", "PageCount"}
_SOUND = {"TrackHeaderVersion", "TrackID", "TrackDuration", "TrackLayer", "TrackVolume", "MatrixStructure", "Balance"}
_SOUND |= {"MediaHeaderVersion", "MediaTimeScale", "MediaDuration", "MediaLanguageCode", "HandlerType", "AudioFormat"}
_SOUND |= {"HandlerDescription", "AudioChannels", "AudioBitsPerSample", "AudioSampleRate", "BufferSize", "MaxBitrate"}
_SOUND |= {"AverageBitrate"}
_SOUND_GROUP = "Track2"
# A date field that every movie must have says nothing when it is zero.
_ZERO_DATE = "0000:00:00 00:00:00"


def is_available() -> bool:
    """Whether exiftool is installed."""
    return shutil.which("exiftool") is not None


def second_opinion(files: Sequence[Path], *, allows_sound: bool = False) -> list[Finding]:
    """Return what exiftool finds outside of the allow-list; an empty list too where it is not installed."""
    if not files:
        return []
    tool = Exiftool()
    try:
        # The resolved path starts with a slash, so no file name can be taken for an option.
        entries = tool.ask([str(file.resolve()) for file in files])
        return strangers(entries, [str(file) for file in files], allows_sound=allows_sound)
    finally:
        tool.close()


def strangers(
    entries: Sequence[Mapping[str, object]], names: Sequence[str], *, allows_sound: bool = False
) -> list[Finding]:
    """Return every tag that nothing we write would have, by the names that the files go by."""
    allowed = _ALLOWED | ({_SOUND_GROUP: _SOUND} if allows_sound else {})
    return [
        Finding(name, f"exiftool sees {tag}")
        for name, entry in zip(names, entries, strict=False)
        for tag, value in entry.items()
        if not _is_allowed(tag, value, allowed)
    ]


def _is_allowed(tag: str, value: object, allowed: Mapping[str, set[str]]) -> bool:
    group, _, name = tag.partition(":")
    if tag == "SourceFile" or group in _GROUPS:
        return True
    return value == _ZERO_DATE or name in allowed.get(group, set())
