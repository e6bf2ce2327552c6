"""Ways in which files break: bits, holes, cuts, splices, wrong numbers in headers."""

from collections.abc import Callable, Sequence
from random import Random

_EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MARKS = (b"moov", b"stsz", b"stts", b"ctts", b"elst", b"mdhd", b"tkhd", b"fmt ", b"data", b"OggS", b"IHDR", b"avcC")
_HEADER_BYTES = 256

Break = Callable[[bytearray, bytes, Random], bytearray]


def broken(content: bytes, other: bytes, random: Random) -> tuple[bytes, str]:
    """Return the content broken in one to three ways, and their names. `other` is a file to splice with."""
    names, changed = [], bytearray(content)
    for _ in range(random.choice((1, 1, 2, 3))):
        name, change = random.choice(_BREAKS)
        if changed:
            changed = change(changed, other, random)
            names.append(name)
    return bytes(changed), "+".join(names)


def _bits(content: bytearray, _: bytes, random: Random) -> bytearray:
    for _number in range(random.randint(1, 40)):
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    return content


def _hole(content: bytearray, _: bytes, random: Random) -> bytearray:
    start, length = random.randrange(len(content)), random.randint(1, max(1, len(content) // 4))
    part = slice(start, min(start + length, len(content)))
    content[part] = bytes(part.stop - start) if random.random() < 0.5 else random.randbytes(part.stop - start)
    return content


def _cut(content: bytearray, _: bytes, random: Random) -> bytearray:
    return content[: random.randrange(len(content))]


def _cut_start(content: bytearray, _: bytes, random: Random) -> bytearray:
    return content[random.randrange(len(content)) :]


def _splice(content: bytearray, other: bytes, random: Random) -> bytearray:
    start = random.randrange(len(other) or 1)
    return content[: random.randrange(len(content))] + bytearray(other[start:])


def _repeat(content: bytearray, _: bytes, random: Random) -> bytearray:
    start = random.randrange(len(content))
    part = content[start : start + random.randint(1, 4096)]
    return content[:start] + part * random.randint(1, 8) + content[start:]


def _junk_before(content: bytearray, _: bytes, random: Random) -> bytearray:
    return bytearray(random.randbytes(random.randint(1, 4096))) + content


def _header(content: bytearray, _: bytes, random: Random) -> bytearray:
    places = [place for mark in _MARKS if (place := content.find(mark)) >= 0]
    start = random.choice([0, *places])
    for _number in range(random.randint(1, 4)):
        place, size = start + random.randrange(_HEADER_BYTES), random.choice((1, 2, 4))
        if place + size <= len(content):
            value = random.choice(_EXTREMES) & (256**size - 1)
            content[place : place + size] = value.to_bytes(size, random.choice(("big", "little")))
    return content


_BREAKS: Sequence[tuple[str, Break]] = (
    ("bits", _bits), ("hole", _hole), ("cut", _cut), ("cut_start", _cut_start), ("splice", _splice),
    ("repeat", _repeat), ("junk_before", _junk_before), ("header", _header), ("header", _header), ("bits", _bits),
)  # fmt: skip
