"""What pays off: which models, flavors and kinds of shot make clips that stay in films, at what cost and after what
wait; and what it cost to have them judged. All of it is computed from the owner's jobs, their clips and the scenes that
show them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery, Sum, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from apps.accounts.models import User
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, RemoteRun
from apps.jobs.parameters import model_asked, scene_judged, shot_of_part
from apps.jobs.states import FINISHED, State
from apps.providers.registry import PROVIDERS
from apps.scenes.models import Clip, Scene
from engines.draft.reading import SHOTS, find

# So many of the newest jobs are looked at: a film of 200 scenes has about 600.
MOST_JOBS = 5000
MOST_CLIPS = 20_000
WORK = {Kind.VIDEO: "clip", Kind.LIPSYNC: "lip-sync", Kind.JUDGE: "judge"}
SIZES = {
    "extreme_close": "close-up",
    "close": "close-up",
    "medium": "medium",
    "full": "full",
    "wide": "wide",
    "extreme_wide": "wide",
    "detail": "insert",
}


@dataclass(frozen=True)
class Attempt:
    """One finished job and what became of its clip; a judge makes none. `done`: it succeeded. `kept_seconds`: how much
    of it, or of what was made from it, films show now."""

    work: str
    provider: str
    model: str
    flavor: str
    shot: str
    failed: bool
    done: bool
    cost: Decimal
    waited_seconds: float | None
    made: bool
    rejected: bool
    kept_seconds: float


@dataclass(frozen=True)
class Payoff:
    """What a group of attempts came to. A clip is kept if a film shows it and nobody rejected it."""

    jobs: int
    clips: int
    kept: int
    rejected: int
    failed: int
    cost: Decimal
    kept_seconds: float
    wait_seconds: float | None

    @property
    def keep_rate(self) -> float | None:
        """Kept clips of those that were made; None without any."""
        return self.kept / self.clips if self.clips else None

    @property
    def failure_rate(self) -> float:
        return self.failed / self.jobs if self.jobs else 0.0

    @property
    def cost_per_kept_second(self) -> Decimal | None:
        """All that was spent, failures and rejected takes included, by second that is shown; None if nothing is."""
        if not self.kept_seconds:
            return None
        return (self.cost / Decimal(str(self.kept_seconds))).quantize(Decimal("0.0001"))


def payoff_of(attempts: Sequence[Attempt]) -> Payoff:
    kept = [one for one in attempts if one.kept_seconds and not one.rejected]
    # Judges are waited for, too, but where there are clips it is these that people wait for.
    counted = [one for one in attempts if one.made] or [one for one in attempts if one.done]
    waits = [one.waited_seconds for one in counted if one.waited_seconds is not None]
    return Payoff(
        jobs=len(attempts),
        clips=sum(one.made for one in attempts),
        kept=len(kept),
        rejected=sum(one.rejected for one in attempts),
        failed=sum(one.failed for one in attempts),
        cost=sum((one.cost for one in attempts), Decimal(0)),
        kept_seconds=round(sum(one.kept_seconds for one in kept), 3),
        wait_seconds=round(median(waits), 1) if waits else None,
    )


def payoffs(attempts: Iterable[Attempt], key: Callable[[Attempt], Any]) -> list[tuple[Any, Payoff]]:
    """Return what each group came to, the largest first."""
    groups: dict[Any, list[Attempt]] = defaultdict(list)
    for one in attempts:
        groups[key(one)].append(one)
    found = [(name, payoff_of(members)) for name, members in groups.items()]
    return sorted(found, key=lambda row: (-row[1].jobs, str(row[0])))


def attempts_read(user: User, *, days: int | None = None, now: datetime | None = None) -> list[Attempt]:
    """Return the user's finished attempts at clips, the newest MOST_JOBS; `days`: only those started since then."""
    of_a_scene = Q(kind=Kind.JUDGE) | Q(scene_id__isnull=False)
    jobs = Job.objects.filter(of_a_scene, owner=user, kind__in=WORK, state__in=FINISHED, imported_at=None)
    parts = Job.objects.filter(owner=user, kind=Kind.VIDEO_PART)
    if days:
        since = (now or timezone.now()) - timedelta(days=days)
        jobs, parts = jobs.filter(created_at__gte=since), parts.filter(created_at__gte=since)
    sent = RemoteRun.objects.filter(job=OuterRef("pk")).order_by("-attempt").values("model")[:1]
    asked = model_asked(name for name, provider in PROVIDERS.items() if not provider.built_in)
    model = Coalesce(NullIf(Subquery(sent), Value("")), asked, output_field=TextField())
    columns = ("pk", "kind", "provider", "flavor", "scene_id", "judged", "state", "cost", "created_at", "finished_at")
    newest = jobs.order_by("-created_at", "-id").annotate(model=model, judged=scene_judged())
    rows = list(newest.values(*columns, "model")[:MOST_JOBS])
    if not rows:
        return []
    costs = dict(parts.annotate(shot=shot_of_part()).values_list("shot").annotate(Sum("cost")))
    shots, clips = _shots(user), _clips(user)
    return [_attempt(row, costs.get(str(row["pk"]), Decimal(0)), shots, clips.get(row["pk"])) for row in rows]


@dataclass(frozen=True)
class _Made:
    rejected: bool
    kept_seconds: float


def _attempt(row: Mapping[str, Any], parts: Decimal, shots: Mapping[str, str], made: _Made | None) -> Attempt:
    return Attempt(
        work=WORK[row["kind"]],
        provider=row["provider"],
        model=row["model"].partition(":")[0],
        flavor=row["flavor"],
        shot=shots.get(str(row["judged"] if row["kind"] == Kind.JUDGE else row["scene_id"]), "other"),
        failed=row["state"] == State.FAILED,
        done=row["state"] == State.SUCCEEDED,
        cost=row["cost"] + parts,
        waited_seconds=(row["finished_at"] - row["created_at"]).total_seconds(),
        made=made is not None,
        rejected=made is not None and made.rejected,
        kept_seconds=made.kept_seconds if made is not None else 0.0,
    )


def _shots(user: User) -> dict[str, str]:
    """Return the kind of each scene's shot: a performance, else what its writer or its words say of the framing."""
    scenes = Scene.objects.filter(project__owner=user).order_by("-created_at").annotate(shot=KT("facts__shot"))
    rows = scenes.values_list("pk", "lipsync", "shot", "prompt")[:MOST_CLIPS]
    return {str(pk): "performance" if sung else shot_kind(said or "", prompt) for pk, sung, said, prompt in rows}


def shot_kind(said: str, prompt: str) -> str:
    size = find(said.lower(), SHOTS) or find(prompt.lower(), SHOTS)
    return SIZES.get(size, "other")


def _clips(user: User) -> dict[UUID, _Made]:
    """Return by job what became of its clip, with the seconds that scenes show of it or of what was made from it."""
    rows = Clip.objects.filter(scene__project__owner=user).order_by("-created_at")
    columns = rows.values_list("pk", "parent_id", "job_id", "rejected")[:MOST_CLIPS]
    clips = {pk: (parent, job, rejected) for pk, parent, job, rejected in columns}
    shown: dict[UUID, float] = defaultdict(float)
    for clip_id, seconds in _shown(user):
        for one in _sources(clip_id, clips):
            shown[one] += seconds
    return {
        job_id: _Made(rejected, shown[pk]) for pk, (_parent, job_id, rejected) in clips.items() if job_id is not None
    }


def _sources(clip_id: UUID, clips: Mapping[UUID, Sequence[Any]]) -> list[UUID]:
    """Return the clip and those that it was made from."""
    found: list[UUID] = []
    now: UUID | None = clip_id
    while now is not None and now in clips and now not in found:
        found.append(now)
        now = clips[now][0]
    return found


def _shown(user: User) -> list[tuple[UUID, float]]:
    """Return each scene's clip, and how many seconds of it the scene shows."""
    scenes = Scene.objects.filter(project__owner=user, deleted_at=None, current_clip__isnull=False)
    length = Coalesce(F("duration"), F("clip_out") - F("clip_in"))
    rows = scenes.annotate(length=length).values_list(
        "current_clip_id", "length", "clip_in", "current_clip__asset__duration_seconds"
    )
    found = []
    for clip_id, planned, start, whole in rows:
        rest = None if whole is None else max(0.0, whole - float(start))
        seconds = [float(one) for one in (planned, rest) if one is not None]
        found.append((clip_id, min(seconds) if seconds else 0.0))
    return found
