"""What moves in the demo videos. A stage is a function of time in seconds that returns one RGB frame."""

from collections.abc import Callable

import cv2
import numpy as np

from imaging.samples.body import cloth
from imaging.samples.fields import Bitmap, Field, Frame, clouds, soften
from imaging.samples.skin import to_srgb

Stage = Callable[[float], Bitmap]
Colour = tuple[int, int, int]

_SKIN: tuple[Colour, ...] = ((222, 172, 142), (196, 142, 108), (150, 100, 74), (108, 72, 54))
_BLOCKS: tuple[Colour, ...] = ((206, 104, 66), (228, 176, 88), (78, 138, 116), (122, 108, 160), (92, 138, 168))


def tremor(rng: np.random.Generator, size: tuple[int, int]) -> Stage:
    """A drawn forearm and hand on a cloth that shakes in bursts, with a sudden jerk now and then."""
    small = (size[0] // 2, size[1] // 2)
    ground = _cloth_ground(rng, small, (150, 172, 184))
    colour = _SKIN[int(rng.integers(len(_SKIN)))]
    jerks = np.sort(rng.uniform(0.5, 60, 30))
    pace = float(rng.uniform(5.0, 7.0))

    def frame_at(t: float) -> Bitmap:
        burst = 0.5 + 0.5 * np.sin(t * 1.3)
        since = t - jerks[jerks <= t][-1] if (jerks <= t).any() else 9.0
        jerk = np.exp(-since * 7) * np.sin(since * 26)
        shake = 0.010 * burst * np.sin(2 * np.pi * pace * t) + 0.05 * jerk
        curl = 0.6 * burst * np.sin(2 * np.pi * pace * t + 1)
        return _shaded_limb(ground, _hand_mask(small, shake, curl), colour)

    return _enlarged(frame_at, size)


def _hand_mask(size: tuple[int, int], shake: float, curl: float) -> Field:
    """Return the silhouette of a forearm and hand as coverage 0..1."""
    width, height = size
    mask: Bitmap = np.zeros((height, width), dtype=np.uint8)
    unit = height
    elbow = np.array([width + 0.1 * unit, 0.66 * unit])
    wrist = np.array([width * 0.56, 0.53 * unit + shake * unit])
    palm = wrist + np.array([-0.17, -0.015 + shake * 0.6]) * unit
    _capsule(mask, elbow, wrist, 0.25 * unit, 0.15 * unit)
    _capsule(mask, wrist, palm, 0.16 * unit, 0.215 * unit)
    for index, (lift, reach) in enumerate(((-0.085, 0.20), (-0.03, 0.235), (0.028, 0.225), (0.08, 0.175))):
        root = palm + np.array([-0.06, lift]) * unit
        bent = lift * 1.5 + shake * 2.0 + 0.03 * curl * (1 + 0.3 * index)
        knuckle = root + np.array([-reach * 0.55, bent * 0.5]) * unit
        tip = root + np.array([-reach, bent * 0.8 + 0.02]) * unit
        _capsule(mask, root, knuckle, 0.062 * unit, 0.056 * unit)
        _capsule(mask, knuckle, tip, 0.056 * unit, 0.044 * unit)
    thumb = palm + np.array([0.02, -0.085]) * unit
    _capsule(mask, thumb, thumb + np.array([-0.10, -0.12 + shake]) * unit, 0.075 * unit, 0.052 * unit)
    return soften(np.asarray(mask, dtype=np.float32) / np.float32(255), unit * 0.004)


def _capsule(mask: Bitmap, start: Field, end: Field, start_width: float, end_width: float) -> None:
    """Fill a rounded bar whose width changes from start to end."""
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    side = np.array([-along[1], along[0]])
    outline = [start + side * start_width / 2, end + side * end_width / 2]
    outline += [end - side * end_width / 2, start - side * start_width / 2]
    cv2.fillConvexPoly(mask, (np.array(outline) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    for centre, width in ((start, start_width), (end, end_width)):
        x, y = (centre * 16).astype(int).tolist()
        cv2.circle(mask, (x, y), int(width * 8), 255, -1, cv2.LINE_AA, 4)


def _shaded_limb(ground: Bitmap, mask: Field, colour: Colour) -> Bitmap:
    """Return the ground with a rounded, softly lit shape and its shadow on it."""
    height, width = mask.shape
    depth = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    dome = soften(np.sqrt(np.minimum(depth / (height * 0.085), 1), dtype=np.float32), height * 0.008)
    lean = cv2.Sobel(dome, cv2.CV_32F, 0, 1, ksize=3) + 0.5 * cv2.Sobel(dome, cv2.CV_32F, 1, 0, ksize=3)
    light = 0.60 + 0.34 * dome + 0.006 * height * soften(np.asarray(lean, dtype=np.float32), height * 0.01)
    moved = np.roll(mask, (round(height * 0.03), round(height * 0.015)), (0, 1))
    small = cv2.resize(moved, (width // 4, height // 4))
    shadow = cv2.resize(cv2.GaussianBlur(small, (0, 0), height * 0.006), (width, height))
    cover = mask[..., None]
    lit = light[..., None] * np.array(colour, dtype=np.float32)
    return np.asarray(
        np.clip(ground * (1 - 0.4 * shadow[..., None]) * (1 - cover) + lit * cover, 0, 255), dtype=np.uint8
    )


def _cloth_ground(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> Bitmap:
    """Return a still piece of cloth."""
    return to_srgb(cloth(rng, Frame(size[0], size[1], 420), colour))


def breathing(rng: np.random.Generator, size: tuple[int, int]) -> Stage:
    """A drawn chest under a striped blanket that rises and falls, faster than it should."""
    width, height = size[0] // 2, size[1] // 2
    frame = Frame(width, height, 500)
    pace = float(rng.uniform(0.65, 0.9))
    stripes = _blanket(rng, frame)
    x, y = frame.axes()
    mound = np.exp(-((x / 120) ** 2) - ((y + 5) / 85) ** 2, dtype=np.float32)
    belly = np.exp(-(((x - 105) / 70) ** 2) - ((y - 5) / 70) ** 2, dtype=np.float32)
    base_x = np.broadcast_to(np.arange(width, dtype=np.float32)[None, :], (height, width))
    base_y = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], (height, width))
    folds = 0.08 * clouds(rng, frame, 90)

    def frame_at(t: float) -> Bitmap:
        phase = 2 * np.pi * pace * t
        high = mound * np.float32(46 + 12 * np.sin(phase)) + belly * np.float32(30 - 10 * np.sin(phase))
        map_y = base_y + high * np.float32(0.35 * frame.scale)
        moved = cv2.remap(stripes, base_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        lean = cv2.Sobel(high, cv2.CV_32F, 0, 1, ksize=1) * 0.5 + cv2.Sobel(high, cv2.CV_32F, 1, 0, ksize=1) * 0.35
        light = 0.86 + lean * (0.42 * frame.scale) + folds
        return np.asarray(np.clip(moved * light[..., None], 0, 255), dtype=np.uint8)

    return _enlarged(frame_at, size)


def _enlarged(stage: Stage, size: tuple[int, int]) -> Stage:
    """Return a stage drawn at half size, enlarged: moving cloth and skin hold no finer detail."""

    def frame_at(t: float) -> Bitmap:
        return np.asarray(cv2.resize(stage(t), size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)

    return frame_at


def _blanket(rng: np.random.Generator, frame: Frame) -> Bitmap:
    """Return a cotton blanket with soft stripes, as sRGB levels."""
    image = to_srgb(cloth(rng, frame, (222, 212, 196))).astype(np.float32)
    _, y = frame.axes()
    for colour, offset, width in (((96, 142, 146), 0.0, 9.0), ((222, 150, 104), 21.0, 3.5)):
        distance = np.abs((y - offset + 28) % 56 - 28)
        stripe = np.clip(width - distance, 0, 1)[..., None] * np.float32(0.85)
        image = image * (1 - stripe) + image / 225 * np.array(colour, dtype=np.float32) * stripe
    return np.asarray(np.clip(image, 0, 255), dtype=np.uint8)


def toy_room(rng: np.random.Generator, size: tuple[int, int]) -> Stage:
    """A room with a rug, a tower of blocks and a ball that rolls to and fro; nobody in it."""
    room = _room(rng, size)
    width, height = size
    swing = float(rng.uniform(1.0, 1.5))

    def frame_at(t: float) -> Bitmap:
        image = room.copy()
        sway = np.sin(t * swing)
        _ball(image, (0.5 + 0.22 * sway) * width, 0.86 * height, 0.055 * height, -4 * sway)
        return image

    return frame_at


def _room(rng: np.random.Generator, size: tuple[int, int]) -> Bitmap:
    """Return the still room: wall, window light, floor boards, rug, blocks."""
    width, height = size
    image: Bitmap = np.empty((height, width, 3), dtype=np.uint8)
    horizon = int(0.60 * height)
    image[:horizon] = (219, 211, 197)
    image[horizon:] = (172, 138, 104)
    for board in range(-14, 30):
        foot = (int((board * 0.11 - 0.3) * width), height)
        head = (int((board * 0.065 + 0.06) * width), horizon)
        cv2.line(image, head, foot, (150, 117, 86), max(1, height // 360), cv2.LINE_AA)
    cv2.rectangle(image, (0, horizon - height // 36), (width, horizon), (236, 230, 220), -1)
    _window(image)
    rug = (int(0.5 * width), int(0.83 * height))
    for share, colour in (
        (1.0, (84, 122, 130)),
        (0.90, (124, 160, 162)),
        (0.62, (200, 186, 158)),
        (0.56, (124, 160, 162)),
    ):
        axes = (int(0.36 * width * share), int(0.145 * height * share))
        cv2.ellipse(image, rug, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
    _tower(rng, image)
    return _window_light(rng, image)


def _window(image: Bitmap) -> None:
    """Draw the window, its frame and a sill."""
    height, width = image.shape[:2]
    left, top, right, bottom = (int(v) for v in (0.63 * width, 0.10 * height, 0.87 * width, 0.43 * height))
    bar = max(2, height // 70)
    cv2.rectangle(image, (left - bar, top - bar), (right + bar, bottom + bar), (244, 241, 234), -1)
    sky = np.linspace(0, 1, bottom - top, dtype=np.float32)[:, None, None]
    panes = np.array([176, 206, 222], dtype=np.float32) * (1 - sky) + np.array([236, 240, 236], dtype=np.float32) * sky
    image[top:bottom, left:right] = panes.astype(np.uint8)
    middle = (left + right) // 2
    cv2.rectangle(image, (middle - bar // 2, top), (middle + bar // 2, bottom), (244, 241, 234), -1)
    cv2.rectangle(image, (left - 3 * bar, bottom + bar), (right + 3 * bar, bottom + 2 * bar), (250, 247, 240), -1)


def _tower(rng: np.random.Generator, image: Bitmap) -> None:
    """Draw five blocks in a small pile, each with a lit top and a shaded side."""
    height, width = image.shape[:2]
    edge = int(0.088 * height)
    places = ((0.28, 0.80), (0.335, 0.815), (0.39, 0.80), (0.31, 0.715), (0.362, 0.722))
    for order, (x, y) in zip(rng.permutation(len(_BLOCKS)), places, strict=True):
        colour = np.array(_BLOCKS[int(order)])
        left, top = int(x * width), int(y * height - edge / 2)
        corner = np.array((left, top), dtype=np.float32)
        lid = edge * np.array([(0, 0), (1, 0), (1.22, -0.26), (0.22, -0.26)]) + corner
        side = edge * np.array([(1, 0), (1.22, -0.26), (1.22, 0.74), (1, 1)]) + corner
        cv2.rectangle(image, (left, top), (left + edge, top + edge), colour.tolist(), -1)
        cv2.fillConvexPoly(image, lid.astype(np.int32), np.minimum(colour * 1.18 + 8, 255).tolist(), cv2.LINE_AA)
        cv2.fillConvexPoly(image, side.astype(np.int32), (colour * 0.72).tolist(), cv2.LINE_AA)


def _window_light(rng: np.random.Generator, image: Bitmap) -> Bitmap:
    """Return the room with uneven light and darker corners."""
    height, width = image.shape[:2]
    frame = Frame(width, height, 2)
    x, y = frame.axes()
    light = 1.03 - 0.12 * ((x - 0.3) ** 2 + (y + 0.1) ** 2) + 0.015 * clouds(rng, frame, 0.5)
    return np.asarray(np.clip(image * light[..., None], 0, 255), dtype=np.uint8)


def _ball(image: Bitmap, x: float, y: float, radius: float, turn: float) -> None:
    """Draw a striped ball with its shadow, turned by ``turn`` radians, into the picture in place."""
    centre, size = (round(x), round(y)), round(radius)
    left, right = max(centre[0] - 3 * size, 0), centre[0] + 3 * size
    under = image[centre[1] : centre[1] + 2 * size, left:right]
    shadow = np.zeros(under.shape[:2], dtype=np.float32)
    spot = (centre[0] - left + size // 4, round(size * 0.92))
    cv2.ellipse(shadow, spot, (round(size * 1.05), round(size * 0.28)), 0, 0, 360, 0.42, -1, cv2.LINE_AA)
    under[:] = (under * (1 - soften(shadow, size * 0.12))[..., None]).astype(np.uint8)
    cv2.circle(image, centre, size, (196, 70, 58), -1, cv2.LINE_AA)
    cv2.ellipse(
        image, centre, (size, round(size * 0.34)), float(np.degrees(turn)), 0, 360, (244, 236, 220), -1, cv2.LINE_AA
    )
    shine = (round(x - radius * 0.35), round(y - radius * 0.4))
    cv2.circle(image, shine, round(size * 0.16), (250, 226, 216), -1, cv2.LINE_AA)
