"""What a project would be at each pace: how many shots, how long, and for how much."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from apps.accounts.models import User
from apps.flavors.registry import resolve
from apps.production.project_money import project_estimate
from apps.projects.models import Pace, Project
from apps.scenes.scene_frames import project_pace, project_slots


@dataclass(frozen=True)
class PacePlan:
    """`lengths` are the seconds of each shot, `clip_seconds` the clips that the chosen model sells, if it costs money.
    `amount`: US dollars for everything, or None if it isn't known; `pictures` is the part before the clips."""

    name: str
    of_flavor: bool
    lengths: tuple[float, ...]
    clip_seconds: tuple[int, ...]
    amount: Decimal | None
    pictures: Decimal | None

    @property
    def shortest(self) -> float:
        return min(self.lengths)

    @property
    def longest(self) -> float:
        return max(self.lengths)

    @property
    def usual(self) -> float:
        return sum(self.lengths) / len(self.lengths)


def pace_plans(*, by: User, project: Project) -> list[PacePlan]:
    """Return a plan for each pace, for a project that is not written yet and may be unsaved. Without a song, or before
    its analysis, there are none. Raises InputError for more scenes than fit into the song."""
    if project.song is None or "beats" not in project.song.grid:
        return []
    chosen = project.pace
    try:
        return list(_plans(by, project))
    finally:
        project.pace = chosen


def _plans(by: User, project: Project) -> Iterator[PacePlan]:
    usual = resolve(project.flavor, "parameters").values["pace"]
    for name in Pace.values:
        project.pace = name
        slots = project_slots(project, project.number_of_scenes)
        estimate = project_estimate(by=by, project=project)
        yield PacePlan(
            name=name,
            of_flavor=name == usual,
            lengths=tuple(end - start for start, end in slots),
            clip_seconds=project_pace(project).clip_seconds,
            amount=estimate.amount,
            pictures=estimate.pictures,
        )
