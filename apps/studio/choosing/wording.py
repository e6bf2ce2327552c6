"""What a model costs, offers and takes, in the words of the pages."""

from apps.providers.offers import ModelOffer
from apps.providers.sections import ModelAbilities
from apps.studio.templatetags.studio import money
from apps.work.model_quotes import ModelQuote

# Less than this isn't worth a sentence.
WORTH_TELLING_SECONDS = 0.05


def price_words(quote: ModelQuote | None, offer: ModelOffer | None = None) -> str:
    """Return the price of the work, or where that isn't known, of one unit; "" if neither is."""
    if quote is not None and quote.amount is not None:
        return money(quote.amount) if quote.amount else "free"
    price = offer.price if offer is not None else None
    return f"${price.usd:.3g} per {price.unit}" if price else ""


def waste_words(quote: ModelQuote | None) -> str:
    """Return what is bought and what of it is used, if they differ."""
    if quote is None or quote.wasted_seconds < WORTH_TELLING_SECONDS:
        return ""
    return f"Buys {seconds_words(quote.bought_seconds)}, uses {seconds_words(quote.used_seconds)}."


def parts_words(quote: ModelQuote | None, *, single: bool) -> str:
    """Return that shots are longer than the model's clips, and therefore made in parts; "" if none is."""
    if quote is None or quote.parts < 2:
        return ""
    return f"{'Made' if single else 'Long shots are made'} in {'' if single else 'up to '}{quote.parts} joined parts."


def seconds_words(seconds: float) -> str:
    """Return `6 s`, `4.2 s`."""
    return f"{round(seconds, 1):g} s"


def lengths_words(abilities: ModelAbilities) -> str:
    """Return the lengths that can be bought: `4, 6 or 8 s`, `3 to 15 s`, `up to 600 s`; "" for any."""
    if abilities.durations:
        *others, last = [f"{length:g}" for length in sorted(abilities.durations)]
        return f"{', '.join(others)} or {last} s" if others else f"{last} s"
    least, most = abilities.minimum_seconds, abilities.maximum_seconds
    if most is None:
        return ""
    return f"up to {most:g} s" if least is None else f"{least:g} to {most:g} s"


def abilities_words(abilities: ModelAbilities) -> list[str]:
    """Return what the model takes besides words."""
    count = abilities.references
    takes = {
        f"{count} reference{'' if count == 1 else 's'}": bool(count),
        "first frame": abilities.first_frame,
        "last frame": abilities.last_frame,
        "audio": abilities.audio_in,
    }
    return [words for words, able in takes.items() if able]
