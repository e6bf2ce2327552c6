"""How scenes divide the song: pure functions on lists of durations in seconds.

Every function takes and returns exact decimals and keeps the sum: a neighbor gives or takes the difference, or the end
of the film does and all that comes between moves (`rippled`). Interior
cuts that are added or moved snap to the nearest beat that leaves both sides at least `MINIMUM_SECONDS`; without such
a beat within half a beat, or without any beats, the cut stays where it was requested.
"""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate, pairwise

from apps.core.errors import InputError

# Shorter shots look like a glitch, and no video model generates them.
MINIMUM_SECONDS = Decimal("0.25")
MICROSECOND = Decimal("0.000001")
# Beats are heard this exactly. A cut that is so near to one is on it, and round lengths stay round.
BEAT_HEARD = Decimal("0.005")

Durations = tuple[Decimal, ...]


def seconds(value: float | Decimal | int | str) -> Decimal:
    """Round to the microsecond, the database's precision."""
    return Decimal(str(value)).quantize(MICROSECOND)


def boundaries(durations: Sequence[Decimal]) -> Durations:
    """Return where each scene starts, and the end."""
    return tuple(accumulate(durations, initial=Decimal(0)))


def from_boundaries(cuts: Sequence[Decimal]) -> Durations:
    return tuple(end - start for start, end in pairwise(cuts))


def snapped(cut: Decimal, beats: Sequence[float], *, after: Decimal, before: Decimal) -> Decimal:
    """Return `cut` moved to the nearest beat, if one is close enough and inside the limits."""
    low, high = after + MINIMUM_SECONDS, before - MINIMUM_SECONDS
    if low > high:
        raise InputError("There's no room for a cut here: a scene must last at least 0.25 seconds.")
    cut = min(max(cut, low), high)
    place = bisect_left(beats, float(cut))
    candidates = [seconds(beat) for beat in beats[max(place - 1, 0) : place + 1]]
    inside = [beat for beat in candidates if low <= beat <= high]
    nearest = min(inside, key=lambda beat: abs(beat - cut), default=cut)
    return cut if abs(nearest - cut) <= BEAT_HEARD else nearest


def refuse_too_short(wanted: Decimal | None) -> None:
    """Raise InputError if a scene would be too short."""
    if wanted is not None and wanted < MINIMUM_SECONDS:
        raise InputError("A scene must last at least 0.25 seconds.", errors={"duration": "too short"})


def retimed(durations: Sequence[Decimal], index: int, wanted: Decimal, *, beats: Sequence[float] = ()) -> Durations:
    """Set the length of scene `index` to `wanted`; the next scene (for the last, the previous) gives or takes."""
    refuse_too_short(wanted)
    if len(durations) == 1:
        raise InputError("The only scene is as long as the song. Split it, or add a scene first.")
    cuts = list(boundaries(durations))
    last = index == len(durations) - 1
    moved = index if last else index + 1
    target = cuts[-1] - wanted if last else cuts[index] + wanted
    low, high = cuts[moved - 1] + MINIMUM_SECONDS, cuts[moved + 1] - MINIMUM_SECONDS
    if not low <= target <= high:
        neighbor = index if last else index + 2
        raise InputError(
            f"Scene {neighbor} isn't long enough: it would last less than 0.25 seconds.",
            errors={"duration": "longer than the neighboring scene allows"},
        )
    cuts[moved] = snapped(target, beats, after=cuts[moved - 1], before=cuts[moved + 1])
    return from_boundaries(cuts)


def divided(durations: Sequence[Decimal], index: int, at: Decimal, *, beats: Sequence[float] = ()) -> Durations:
    """Split scene `index` in two, `at` seconds after its start."""
    if not 0 < at < durations[index]:
        raise InputError(
            f"The cut must be inside the scene, between 0 and {durations[index].normalize():f} seconds.",
            errors={"at": "outside the scene"},
        )
    cuts = boundaries(durations)
    start, end = cuts[index], cuts[index + 1]
    cut = snapped(start + at, beats, after=start, before=end)
    return from_boundaries([*cuts[: index + 1], cut, *cuts[index + 1 :]])


def inserted(durations: Sequence[Decimal], index: int, wanted: Decimal, *, beats: Sequence[float] = ()) -> Durations:
    """Insert a scene at `index`. It takes its time from the scene there before (at the end, from the last one), leaving
    that scene at least the minimum."""
    refuse_too_short(wanted)
    giver = min(index, len(durations) - 1)
    if wanted > durations[giver] - MINIMUM_SECONDS:
        raise InputError(
            f"Scene {giver + 1} lasts {durations[giver].normalize():f} seconds and cannot give {wanted.normalize():f}.",
            errors={"duration": "longer than the neighboring scene allows"},
        )
    at = wanted if giver == index else durations[giver] - wanted
    return divided(durations, giver, at, beats=beats)


def rippled(durations: Sequence[Decimal], index: int, change: Decimal) -> Durations:
    """Let the end of the film give or take: what lies between it and scene `index`, which becomes `change` seconds
    longer, moves. The last scene gives or takes, and where it has too little the ones before it give, too."""
    left = [*durations[:index], durations[index] + change, *durations[index + 1 :]]
    owed = change
    for place in range(len(left) - 1, index, -1):
        given = min(owed, left[place] - MINIMUM_SECONDS)
        left[place] -= given
        owed -= given
        if not owed:
            return tuple(left)
    raise InputError(
        "The scenes after this one aren't long enough to give that much. Shorten or delete some of them first.",
        errors={"duration": "longer than the rest of the film allows"},
    )


def removed(durations: Sequence[Decimal], index: int) -> Durations:
    """Remove scene `index`; the scene before it (for the first, the next) takes its time."""
    left = [*durations[:index], *durations[index + 1 :]]
    if left:
        left[max(index - 1, 0)] += durations[index]
    return tuple(left)


def merged(durations: Sequence[Decimal], index: int) -> Durations:
    """Merge scene `index` with the next."""
    if index + 1 >= len(durations):
        raise InputError("The last scene has no following scene to merge with.")
    return (*durations[:index], durations[index] + durations[index + 1], *durations[index + 2 :])


def reordered(durations: Sequence[Decimal], order: Sequence[int], *, beats: Sequence[float] = ()) -> Durations:
    """Reorder scenes with their lengths; `order` lists the old indexes. Interior cuts then snap to beats."""
    if sorted(order) != list(range(len(durations))):
        raise InputError("The order must contain every scene exactly once.", errors={"order": "not a permutation"})
    cuts = list(boundaries([durations[old] for old in order]))
    for index in range(1, len(cuts) - 1) if beats else ():
        room = cuts[index + 1] - cuts[index - 1]
        if room >= 2 * MINIMUM_SECONDS:
            cuts[index] = snapped(cuts[index], beats, after=cuts[index - 1], before=cuts[index + 1])
    return from_boundaries(cuts)
