"""Pre-flight checks of paid lip-syncs: what suggests that they won't work."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.accounts.models import User
from apps.scenes.lipsync import scenes_lipsync_works
from apps.scenes.lipsync_inputs import LipsyncSpec
from apps.scenes.models import Scene
from apps.scenes.preflight import LipsyncCheck, Preflight, preflight_await, preflight_of, preflight_start
from apps.work.work import Work

PaidWork = tuple[Scene, Work]


@dataclass(frozen=True)
class Doubt:
    """A scene whose paid lip-sync is unlikely to work, and why."""

    scene: Scene
    found: LipsyncCheck


@dataclass(frozen=True)
class Findings:
    """Of the scenes with a paid lip-sync: the doubtful ones, the unchecked ones, and the total number."""

    doubts: list[Doubt]
    unseen: list[Scene]
    count: int

    @property
    def seen_count(self) -> int:
        return self.count - len(self.unseen)


def scenes_findings(
    *,
    by: User,
    project_id: UUID,
    sequences: Sequence[int],
    spec: LipsyncSpec,
    start: bool,
    wait_seconds: float = 0,
) -> Findings:
    """Return what is known about the scenes with a paid lip-sync. `start` queues checks of what is unknown, and
    `wait_seconds` waits for them. Raises InputError if a lip-sync can't be requested at all."""
    works = scenes_lipsync_works(by=by, project_id=project_id, sequences=sequences, spec=spec)
    paid = [(scene, work) for scene, work in works if work.quote.amount > 0]
    asked = [work for _, work in paid]
    preflight = preflight_start(by=by, works=asked) if start else preflight_of(by=by, works=asked)
    return _findings(paid, preflight_await(preflight, by=by, works=asked, seconds=wait_seconds))


def _findings(paid: Sequence[PaidWork], preflight: Preflight) -> Findings:
    checks = [(scene, preflight.check(work.frozen.inputs)) for scene, work in paid]
    doubts = [Doubt(scene, found) for scene, found in checks if found is not None and not found.usable]
    return Findings(doubts, unseen=[scene for scene, found in checks if found is None], count=len(checks))
