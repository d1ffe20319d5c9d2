"""What phones and laboratories write into files beside the picture, so that cleaning has something to remove."""

from datetime import datetime

import numpy as np
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

PRODUCER = "eConsult synthetic sample"
ORIENTATIONS = (1, 6, 3, 8)
# Invented phones of invented makers.
_PHONES = (("Altiplano", "Altiplano A7"), ("Juniper", "Juniper Note 3"), ("Mesa", "Mesa One"))
# A box of empty high desert, so that no drawn place is anybody's home.
_LATITUDES, _LONGITUDES = (33.25, 33.40), (-106.85, -106.70)


def place_of(rng: np.random.Generator) -> tuple[float, float]:
    """Return a made-up (latitude, longitude) in degrees."""
    return float(rng.uniform(*_LATITUDES)), float(rng.uniform(*_LONGITUDES))


def phone_exif(rng: np.random.Generator, taken_at: datetime, orientation: int) -> Image.Exif:
    """Return the EXIF block of a phone photo: camera, owner, date, place and how it was held."""
    make, model = _PHONES[int(rng.integers(len(_PHONES)))]
    stamp = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[Base.Make] = make
    exif[Base.Model] = model
    exif[Base.Software] = PRODUCER
    exif[Base.DateTime] = stamp
    exif[Base.Orientation] = orientation
    exif[Base.ImageDescription] = PRODUCER
    exif[Base.Artist] = "Owner of this phone (synthetic)"
    exif.get_ifd(IFD.Exif).update(_shot(rng, stamp))
    exif.get_ifd(IFD.GPSInfo).update(_position(*place_of(rng), taken_at))
    return exif


def _shot(rng: np.random.Generator, stamp: str) -> dict[int, object]:
    """Return the settings of one exposure and the serial numbers that phones add."""
    serial = f"SYN{int(rng.integers(10**8)):08d}"
    return {
        Base.DateTimeOriginal: stamp,
        Base.DateTimeDigitized: stamp,
        Base.OffsetTimeOriginal: "+00:00",
        Base.ExposureTime: IFDRational(1, int(rng.integers(60, 240))),
        Base.FNumber: IFDRational(18, 10),
        Base.ISOSpeedRatings: int(rng.integers(50, 400)),
        Base.BodySerialNumber: serial,
        Base.CameraOwnerName: "Owner of this phone (synthetic)",
        Base.UserComment: b"ASCII\x00\x00\x00" + PRODUCER.encode(),
        Base.MakerNote: b"SYNTHETIC\x00" + serial.encode() + bytes(64),
    }


def _position(latitude: float, longitude: float, taken_at: datetime) -> dict[int, object]:
    """Return the GPS block of a place and an instant."""
    return {
        GPS.GPSVersionID: b"\x02\x03\x00\x00",
        GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
        GPS.GPSLatitude: _degrees(latitude),
        GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
        GPS.GPSLongitude: _degrees(longitude),
        GPS.GPSAltitude: IFDRational(1432, 1),
        GPS.GPSDateStamp: taken_at.strftime("%Y:%m:%d"),
    }


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Return degrees, minutes and seconds to a hundredth."""
    hundredths = round(abs(value) * 360_000)
    minutes, rest = divmod(hundredths, 6000)
    return IFDRational(minutes // 60, 1), IFDRational(minutes % 60, 1), IFDRational(rest, 100)


def xmp_packet(taken_at: datetime) -> bytes:
    """Return an XMP packet that names a creator and a date."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmp:CreatorTool="{PRODUCER}" xmp:CreateDate="{taken_at.isoformat()}">'
        "<dc:creator><rdf:Seq><rdf:li>Owner of this phone (synthetic)</rdf:li></rdf:Seq></dc:creator>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()
