"""A shot that is longer than its model's longest clip: how it is divided into parts, and what they cost together.

Each part starts with the last frame of the one before it. Parts are bought in the lengths that the model offers; only
the last one may be longer than what is left of the shot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations_with_replacement
from pathlib import Path

from django.utils import timezone

from apps.core.errors import InputError
from apps.providers.base import Provider, Quote
from apps.providers.capabilities import Capability
from apps.providers.request_types import MediaInput, ProviderRequest, VideoRequest

# Each part costs time and a little sharpness: eight of them are already a minute and more.
MOST_PARTS = 8
# Frame times are not round numbers.
TOLERANCE_SECONDS = 0.001
# Stands for the frame that doesn't exist yet.
LAST_FRAME = MediaInput(Path("last_frame.png"), "image/png")


@dataclass(frozen=True)
class ShotQuote:
    """What a request costs. `parts` are the quotes of its parts, and `seconds` their used lengths; empty for a request
    that is one piece of work."""

    quote: Quote
    parts: tuple[Quote, ...] = ()
    seconds: tuple[float, ...] = ()


def shot_quote(provider: Provider, request: ProviderRequest) -> ShotQuote:
    """Quote the request, in parts if it is a clip longer than the model makes.

    Raises InputError if the provider can't express it, nor its parts.
    """
    try:
        return ShotQuote(provider.quote(request))
    except InputError as error:
        seconds = _part_seconds(provider, request) if error.code == "too_long" else ()
        if not seconds or not isinstance(request, VideoRequest):
            raise
    quotes = tuple(provider.quote(part_request(request, seconds, number)) for number in range(len(seconds)))
    return ShotQuote(_total(quotes, seconds), quotes, seconds)


def part_request(request: VideoRequest, seconds: Sequence[float], number: int) -> VideoRequest:
    """Return the request for one part, counted from 0. Its first frame is known once the part before it exists."""
    first, last = number == 0, number == len(seconds) - 1
    return replace(
        request,
        duration_seconds=seconds[number],
        frames=None,
        image=request.image if first else LAST_FRAME,
        last_image=request.last_image if last else None,
        energy=(),
        beat_seconds=(),
        # A seed of its own, which also tells it apart in the provider's list.
        seed=request.seed + number,
    )


def part_lengths(wanted: float, offered: Sequence[int]) -> tuple[int, ...]:
    """Return the fewest offered lengths that cover `wanted` seconds, buying as little as possible, as equal as
    possible; none if they are too many."""
    for count in range(2, MOST_PARTS + 1):
        candidates = combinations_with_replacement(sorted(offered, reverse=True), count)
        fitting = [one for one in candidates if sum(one) + TOLERANCE_SECONDS >= wanted]
        if fitting:
            return min(fitting, key=lambda one: (sum(one), one[0] - one[-1]))
    return ()


def _part_seconds(provider: Provider, request: ProviderRequest) -> tuple[float, ...]:
    """Return the used length of each part; none if the model can't start from a frame or has no lengths."""
    if not isinstance(request, VideoRequest):
        return ()
    offers = provider.models(Capability.VIDEO, request.settings, today=timezone.localdate())
    abilities = offers[0].abilities
    if not abilities.first_frame:
        return ()
    lengths = part_lengths(request.duration_seconds, abilities.lengths())
    return (*map(float, lengths[:-1]), request.duration_seconds - sum(lengths[:-1])) if lengths else ()


def _total(quotes: Sequence[Quote], seconds: Sequence[float]) -> Quote:
    lengths = " + ".join(f"{quote.bought_seconds or used:g}" for quote, used in zip(quotes, seconds, strict=True))
    bases = "; ".join(dict.fromkeys(quote.basis for quote in quotes))
    return Quote(
        amount=sum((quote.amount for quote in quotes), Decimal(0)),
        basis=f"{len(quotes)} parts of {lengths} s, each continuing the one before, joined: {bases}",
        bought_seconds=sum(quote.bought_seconds or 0.0 for quote in quotes),
        estimated=any(quote.estimated for quote in quotes),
        parts=len(quotes),
    )
