"""How often light may flash. ITU-R BT.1702 and Ofcom's rules for photosensitive viewers: at most three flashes in any
second; flashes that start 360 ms apart are safe at any brightness."""

from collections.abc import Iterable

LEAST_APART_SECONDS = 0.36


def flashes_apart(moments: Iterable[float], *, after: float = float("-inf")) -> list[float]:
    """Return which of the flashes at these seconds, in order, may be shown if the last one was at `after`."""
    kept, last = [], after
    for moment in moments:
        if moment - last >= LEAST_APART_SECONDS - 1e-9:
            kept.append(moment)
            last = moment
    return kept
