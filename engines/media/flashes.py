"""How often light may flash. ITU-R BT.1702 and Ofcom's rules for photosensitive viewers: at most three flashes in any
second; flashes that begin 360 ms apart are safe however bright they are."""

from collections.abc import Iterable

LEAST_APART_SECONDS = 0.36


def flashes_apart(moments: Iterable[float], *, after: float = float("-inf")) -> list[float]:
    """Of flashes at these seconds, in order, those that may be shown when one was at `after`."""
    kept, last = [], after
    for moment in moments:
        if moment - last >= LEAST_APART_SECONDS - 1e-9:
            kept.append(moment)
            last = moment
    return kept
