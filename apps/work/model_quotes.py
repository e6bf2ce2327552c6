"""What each model would charge for the same piece of work, and which one wastes least. Pure: nothing is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.flavors.registry import ResolvedConfig
from apps.providers.base import Provider, Quote
from apps.providers.request_types import ProviderRequest, VideoRequest
from apps.work.shots.planning import shot_quote

# Lengths to the millisecond: frames don't end on round numbers.
_PLACES = 3


@dataclass(frozen=True)
class ModelQuote:
    """The price of all pieces in US dollars, and the seconds bought and used (0 for what has no length). `parts` is the
    most that one of them is made of.

    `amount` is None if the model can't do one of them; `problem` says why.
    """

    amount: Decimal | None
    bought_seconds: float = 0.0
    used_seconds: float = 0.0
    parts: int = 1
    problem: str = ""

    @property
    def wasted_seconds(self) -> float:
        return round(max(0.0, self.bought_seconds - self.used_seconds), _PLACES)


def model_quote(provider: Provider, settings: JsonObject, requests: Sequence[ProviderRequest]) -> ModelQuote:
    """Quote the requests with other settings, which name the model."""
    amount, bought, used, parts = Decimal(0), 0.0, 0.0, 1
    quotes: dict[int, Quote] = {}  # many pieces of work may be the same request
    for request in requests:
        try:
            quote = quotes.get(id(request)) or shot_quote(provider, replace(request, settings=settings)).quote
        except InputError as error:
            return ModelQuote(None, problem=error.message)
        quotes[id(request)] = quote
        amount += quote.amount
        parts = max(parts, quote.parts)
        if isinstance(request, VideoRequest) and quote.bought_seconds is not None:
            bought += quote.bought_seconds
            used += request.duration_seconds
    return ModelQuote(amount, round(bought, _PLACES), round(used, _PLACES), parts)


def least_wasteful(
    provider: Provider, candidates: Sequence[ResolvedConfig], request: ProviderRequest
) -> ResolvedConfig:
    """Return the candidate that can do the work in the fewest parts and buys the fewest seconds too many; among equals
    the cheapest, then the first. Raises InputError if none can do it."""
    place, _ = _least_wasteful(provider, [one.values for one in candidates], request)
    return candidates[place]


def automatic_quote(
    provider: Provider, candidates: Sequence[JsonObject], requests: Sequence[ProviderRequest]
) -> ModelQuote:
    """Quote the requests, each for the candidate that `least_wasteful` chooses."""
    try:
        best = {id(request): _least_wasteful(provider, candidates, request)[1] for request in requests}
    except InputError as error:
        return ModelQuote(None, problem=error.message)
    quotes = [best[id(request)] for request in requests]
    return ModelQuote(
        amount=sum((quote.amount or Decimal(0) for quote in quotes), Decimal(0)),
        bought_seconds=round(sum(quote.bought_seconds for quote in quotes), _PLACES),
        used_seconds=round(sum(quote.used_seconds for quote in quotes), _PLACES),
        parts=max((quote.parts for quote in quotes), default=1),
    )


def _least_wasteful(
    provider: Provider, candidates: Sequence[JsonObject], request: ProviderRequest
) -> tuple[int, ModelQuote]:
    quotes = [model_quote(provider, settings, [request]) for settings in candidates]
    able = [
        (quote.parts, quote.wasted_seconds, quote.amount, place)
        for place, quote in enumerate(quotes)
        if quote.amount is not None
    ]
    if not able:
        raise InputError(f"None of this flavor's models can do this. {quotes[0].problem}", code="no_model_fits")
    place = min(able)[-1]
    return place, quotes[place]
