"""The parameter sets of H.264, read bit by bit: a decoder passes over what stands behind their last field."""

from imaging.walks.part import Broken

_HIGH = 100
_MOST_ZEROS = 8
"""No field of ours has a number over 510: a film is smaller, and longer ones would hold a name."""
_CLOCK = (1 << 33) | (180_000 << 1)
"""A tick is half of 1/90,000 second, and the rate of pictures is not fixed."""


class _Bits:
    def __init__(self, unit: bytes) -> None:
        raw = unit.replace(b"\0\0\x03", b"\0\0")
        self._bits = "".join(f"{byte:08b}" for byte in raw)
        self._at = 0

    def take(self, count: int) -> int:
        piece = self._bits[self._at : self._at + count]
        if len(piece) != count:
            raise Broken("a parameter set ends too early")
        self._at += count
        return int(piece or "0", 2)

    def number(self) -> int:
        """An exponential Golomb code, without sign; the one with a sign is as long."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _MOST_ZEROS:
                raise Broken("a parameter set that no encoder writes")
        return (1 << zeros) - 1 + self.take(zeros)

    def is_at_end(self) -> bool:
        """Whether nothing but the closing bit and its zeros follows, within the byte."""
        rest = self._bits[self._at :]
        return 0 < len(rest) <= 8 and rest == "1" + "0" * (len(rest) - 1)


def is_whole_sequence(unit: bytes) -> bool:
    """Whether a sequence parameter set of the High profile ends where its fields end. Raises Broken."""
    bits = _Bits(unit[4:])
    if len(unit) < 5 or unit[0] != 0x67 or unit[1] != _HIGH or unit[2]:
        return False
    _, form, depth, depth_too, transform, matrix = (bits.number(), bits.number(), *_four(bits))
    if (form, depth, depth_too, transform, matrix) != (1, 0, 0, 0, 0):
        return False
    bits.number()
    if (order := bits.number()) == 0:
        bits.number()
    if order not in {0, 2}:
        return False
    bits.number(), bits.take(1), bits.number(), bits.number()
    is_plain = bits.take(1)
    bits.take(1)
    if bits.take(1):
        [bits.number() for _ in range(4)]
    if bits.take(1):
        _usability(bits)
    return bool(is_plain) and bits.is_at_end()


def _four(bits: _Bits) -> tuple[int, int, int, int]:
    return bits.number(), bits.number(), bits.take(1), bits.take(1)


def _usability(bits: _Bits) -> None:
    """Read past what is told of the shape of pixels, colours, times and buffers."""
    if bits.take(1) and bits.take(8) == 255:
        bits.take(32)
    if bits.take(1):
        bits.take(1)
    if bits.take(1):
        bits.take(4)
        if bits.take(1):
            bits.take(24)
    if bits.take(1):
        bits.number(), bits.number()
    if bits.take(1) and bits.take(65) != _CLOCK:
        raise Broken("a clock that is not ours")
    if bits.take(2):
        raise Broken("rates that our encoder does not tell")
    bits.take(1)
    if bits.take(1):
        bits.take(1)
        [bits.number() for _ in range(6)]


def is_whole_picture(unit: bytes) -> bool:
    """Whether a picture parameter set ends where its fields end. Raises Broken."""
    bits = _Bits(unit[1:])
    if not unit or unit[0] != 0x68:
        return False
    bits.number(), bits.number(), bits.take(2)
    if bits.number():
        return False
    bits.number(), bits.number(), bits.take(3)
    [bits.number() for _ in range(3)]
    bits.take(3)
    if bits.is_at_end():
        return True
    bits.take(1)
    if bits.take(1):
        return False
    bits.number()
    return bits.is_at_end()
