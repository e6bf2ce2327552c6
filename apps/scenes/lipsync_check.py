"""Looking before paying: what speaks against lip-syncs that cost money."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.accounts.models import User
from apps.scenes.lipsync import scenes_lipsync_works
from apps.scenes.lipsync_inputs import LipsyncWish
from apps.scenes.lipsync_looks import LipsyncCheck, Looks, looks_await, looks_of, looks_start
from apps.scenes.models import Scene
from apps.work.work import Work

PaidWork = tuple[Scene, Work]


@dataclass(frozen=True)
class Doubt:
    """A scene whose lip-sync would be paid for and is unlikely to work, and what was seen."""

    scene: Scene
    found: LipsyncCheck


@dataclass(frozen=True)
class Findings:
    """Of the scenes whose lip-sync costs money: the doubtful ones, those that nobody has looked at yet, and how many
    there are in all."""

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
    wish: LipsyncWish,
    start: bool,
    wait_seconds: float = 0,
) -> Findings:
    """What is known of those of the scenes whose lip-sync costs money. `start` has workers look at what is not known,
    and `wait_seconds` waits for them. Raises InputError where one cannot even be asked for."""
    works = scenes_lipsync_works(by=by, project_id=project_id, sequences=sequences, wish=wish)
    paid = [(scene, work) for scene, work in works if work.quote.amount > 0]
    asked = [work for _, work in paid]
    looks = looks_start(by=by, works=asked) if start else looks_of(by=by, works=asked)
    return _findings(paid, looks_await(looks, by=by, works=asked, seconds=wait_seconds))


def _findings(paid: Sequence[PaidWork], looks: Looks) -> Findings:
    checks = [(scene, looks.check(work.frozen.inputs)) for scene, work in paid]
    doubts = [Doubt(scene, found) for scene, found in checks if found is not None and not found.usable]
    return Findings(doubts, unseen=[scene for scene, found in checks if found is None], count=len(checks))
