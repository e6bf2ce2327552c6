"""Brackets beside words that are read from the right.

The renderer turns each bracket by the letters next to it, so those of a pair could face the same way."""

import unicodedata

RIGHT_TO_LEFT = {"R", "AL"}
_PAIRS = {"(": ")", "[": "]", "{": "}", "\uff08": "\uff09"}
_MARKS = {"L": "\u200e", "R": "\u200f"}


def bracket_marks(text: str) -> dict[int, str]:
    """Return the mark of direction, which isn't drawn, to be put on both sides of a bracket, by its place. The rules
    are N0 of Unicode's bidirectional algorithm (UAX #9)."""
    marks: dict[int, str] = {}
    start = 0
    for row in text.split("\n"):
        marks |= {start + place: _MARKS[direction] for place, direction in _directions(row).items()}
        start += len(row) + 1
    return marks


def _directions(row: str) -> dict[int, str]:
    """Return the directions of the row's brackets, L or R, by place."""
    strong = [_direction(character) for character in row]
    found: dict[int, str] = {}
    if "R" not in strong:
        return found
    usual = next(filter(None, strong))
    for first, last in _pairs(row):
        inside = {direction for direction in strong[first + 1 : last] if direction}
        if inside:
            before = next(filter(None, reversed(strong[:first])), usual)
            strong[first] = strong[last] = usual if usual in inside else before
            found[first] = found[last] = strong[first]
    return found


def _pairs(row: str) -> list[tuple[int, int]]:
    """Return the places of each pair of brackets, in the order in which they open."""
    found, opened = [], []
    for place, character in enumerate(row):
        if character in _PAIRS:
            opened.append(place)
        elif opened and character == _PAIRS[row[opened[-1]]]:
            found.append((opened.pop(), place))
    return sorted(found)


def _direction(character: str) -> str:
    """Return L or R for a letter, "" for what takes the direction of its surroundings."""
    kind = unicodedata.bidirectional(character)
    return "R" if kind in RIGHT_TO_LEFT else "L" if kind == "L" else ""
