"""Which cards of a long film a page shows in full. The others are light, a few hundred bytes each, until they come near
the window (static/js/cards.js); without JavaScript, `?cards=all` shows all of them in full."""

import re
from collections.abc import Collection, Iterable

from django.http import HttpRequest

from apps.core.errors import InputError
from engines.listening.scene_slots import MAXIMUM_SCENES

# What most windows show at first.
FIRST_CARDS = 16
EVERY_CARD: Collection[int] = range(1, MAXIMUM_SCENES + 1)
SCENE_RANGE = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


def full_cards(request: HttpRequest) -> Collection[int]:
    """Return the numbers of the scenes whose cards this page shows in full, or is about to. A poll that doesn't say
    means all; one without cards gets the first. Raises InputError for anything but numbers."""
    first = range(1, FIRST_CARDS + 1)
    if request.method != "POST":
        return EVERY_CARD if request.GET.get("cards") == "all" else first
    if "full" not in request.POST:
        return EVERY_CARD
    return scene_numbers([request.POST["full"]]) if request.POST["full"] else first


def scene_numbers(texts: Iterable[str]) -> set[int]:
    """Parse single numbers, or several as "1-40,42", which fits in a URL. Raises InputError for anything else."""
    return {number for text in texts for part in text.split(",") for number in _range(part)}


def _range(part: str) -> range:
    found = SCENE_RANGE.fullmatch(part)
    if found is None:
        raise InputError("Refer to a scene by its number.")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 1 <= first <= last <= MAXIMUM_SCENES:
        raise InputError(f"Scenes are numbered from 1 to {MAXIMUM_SCENES}, the smaller number first.")
    return range(first, last + 1)
