"""How long scenes last on a song: the flavor's or the project's pace, and the clips that its video model sells."""

from django.utils import timezone

from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.jobs.parameters import Frozen
from apps.providers.capabilities import Capability
from apps.providers.lengths import USUAL_SECONDS
from apps.providers.offers import ModelOffer
from apps.work.choice import Choice, Picked, provider_choose
from engines.listening.pacing import ClipLengths, Pace
from engines.media.frames import exact_fps

# Jobs that were queued before there were paces know one length only: of it, these shares.
_QUIET_SHARE, _LOUD_SHARE = 1.5, 0.7


class ScenePace(Frozen):
    """A pace as stored on a job, so that a later edit changes nothing: see `Pace` and `ClipLengths`. Without
    `clip_seconds`, clips of any length cost the same per second, or nothing."""

    quiet: float
    loud: float
    clip_seconds: tuple[int, ...] = ()
    fps: str = "24"

    @property
    def pace(self) -> Pace:
        return Pace(self.quiet, self.loud)

    @property
    def clips(self) -> ClipLengths | None:
        return ClipLengths(self.clip_seconds, exact_fps(self.fps)) if self.clip_seconds else None


def scene_pace(settings: JsonObject, name: str, *, flavor: str, picked: Picked, fps: str = "") -> ScenePace:
    """Return the pace of that name, or the flavor's if it is empty.

    `settings` are the flavor's `parameters`, `picked` is the project's choice for clips, and `fps` its frame rate or,
    if empty, the flavor's. If the clips' model costs money, scenes are fitted to the lengths that it sells.
    """
    lengths = pace_lengths(settings, name)
    pace = ScenePace(quiet=lengths.quiet, loud=lengths.loud)
    try:
        choice = provider_choose(Capability.VIDEO, flavor=flavor, picks=(picked,))
    except InputError:
        return pace  # Whoever wants the clips made is told what is wrong.
    rate = fps or str(choice.config.values["fps"])
    return pace.model_copy(update={"clip_seconds": _sold_lengths(choice), "fps": rate})


def pace_lengths(settings: JsonObject, name: str) -> Pace:
    """Return the lengths of the pace of that name, or of the flavor's."""
    if "paces" not in settings:
        usual = float(settings["duration_seconds"])
        return Pace(_QUIET_SHARE * usual, _LOUD_SHARE * usual)
    lengths = settings["paces"][name or settings["pace"]]
    return Pace(float(lengths["quiet"]), float(lengths["loud"]))


def _sold_lengths(choice: Choice) -> tuple[int, ...]:
    """Return the lengths that the chosen model sells, or any of those that may be chosen for a clip."""
    today = timezone.localdate()
    found: set[int] = set()
    for config in choice.candidates or (choice.config,):
        found.update(_lengths(choice.provider.models(Capability.VIDEO, config.values, today=today)[0]))
    return tuple(sorted(found))


def _lengths(offer: ModelOffer) -> tuple[int, ...]:
    """Return what to fit scenes to: nothing if clips are free, and few long clips if they are paid by the run."""
    if offer.price is None or not offer.price.usd:
        return ()
    lengths = offer.abilities.lengths()
    if offer.price.unit == "run":
        return (max(lengths, default=round(USUAL_SECONDS)),)
    return lengths
