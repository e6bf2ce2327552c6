"""Having takes judged: a language model that sees pictures looks at frames of each, next to the pictures of who and
what is in the scene. Nothing of it starts by itself, and it costs what its quote says."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError, NotFound
from apps.jobs import money
from apps.jobs.idempotency import Idempotency, idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.projects.selectors import project_lock
from apps.providers.capabilities import Capability
from apps.providers.registry import providers_for
from apps.scenes.casting import scene_cast
from apps.scenes.clip_use import clip_part, clip_seconds
from apps.scenes.making import MAXIMUM_TAKES, GenerationSpec, project_spending, scene_work_start, video_works
from apps.scenes.models import Clip, Scene
from apps.scenes.scene_frames import shown_duration
from apps.scenes.selectors import clips_of, scene_get
from apps.work.choice import Picked, provider_choose
from apps.work.frozen import FrozenRequest, InputSource, JudgeValues, TakeValues
from apps.work.parameters import JudgeParameters
from apps.work.work import Spending, Work, spending_check, work_prepare, work_start

# Of a cast, the most important ones; a judge that sees more confuses them.
MOST_PICTURES = 4


def frames_each(takes: int) -> int:
    """Return how many frames of each take are looked at: fewer of many, so that a server takes the request."""
    return 5 if takes == 1 else 4 if takes <= 3 else 3


def judge_picked(asked: Picked | None) -> Picked:
    """Return what was asked for, else the first provider that can judge and is set up. Raises InputError without."""
    able = [one for one in providers_for(Capability.JUDGE) if one.configured()]
    if not able:
        raise InputError(
            "Connect a language model that can see pictures first: it judges the takes.", code="not_configured"
        )
    return asked or Picked(able[0].name)


def judge_work(
    *, by: User, scene: Scene, clips: Sequence[Clip] = (), count: int = 0, asked: Picked | None = None, flavor: str = ""
) -> Work:
    """Return the quoted work of judging the clips or, with `count`, as many takes that are still to be made."""
    choice = provider_choose(Capability.JUDGE, flavor=flavor or scene.project.flavor, picks=(judge_picked(asked),))
    frozen = judge_frozen(scene, clips, count=count, settings=dict(choice.config.values))
    parameters = JudgeParameters(frozen=frozen, scene_id=scene.pk, clip_ids=tuple(clip.pk for clip in clips))
    return work_prepare(by=by, kind=Kind.JUDGE, parameters=parameters, choice=choice)


def judge_frozen(scene: Scene, clips: Sequence[Clip], *, settings: dict[str, object], count: int = 0) -> FrozenRequest:
    """Return the request, with the part of each clip that the scene shows, or would show."""
    cast = scene_cast(scene)
    pictured = [one for one in cast.values if one.input][:MOST_PICTURES]
    inputs = {f"picture_{number}": cast.inputs[one.input] for number, one in enumerate(pictured, start=1)}
    subjects = tuple(one.model_copy(update={"input": f"picture_{number}"}) for number, one in enumerate(pictured, 1))
    takes = [TakeValues() for _ in range(count)]
    for number, clip in enumerate(clips, start=1):
        inputs[f"take_{number}"] = InputSource(asset_id=clip.asset_id)
        start, end = _part(scene, clip)
        takes.append(TakeValues(input=f"take_{number}", start_seconds=float(start), end_seconds=float(end)))
    values = JudgeValues(
        prompt=scene.prompt,
        takes=tuple(takes),
        frames_each=frames_each(len(takes)),
        subjects=subjects,
        settings=settings,
    )
    return FrozenRequest.of(values, inputs)


def _part(scene: Scene, clip: Clip) -> tuple[Decimal, Decimal]:
    start, limit = clip_part(scene, clip.pk)
    ends = [end for end in (limit, clip_seconds(clip)) if end is not None]
    return start, max(start, min([start + shown_duration(scene.project, scene), *ends]))


def clips_to_judge(scene: Scene, clip_ids: Sequence[UUID] = (), *, again: bool = False) -> list[Clip]:
    """Return the takes that were asked for, else the newest that nobody rejected; without `again`, only those that have
    no verdict yet. Raises InputError if there are none or too many, NotFound for a clip of another scene or one that
    failed its checks, ConflictError if all have a verdict."""
    clips = [clip for clip in clips_of(scene) if clip.usable and (clip_ids or not clip.rejected)]
    if clip_ids:
        clips = [clip for clip in clips if clip.pk in set(clip_ids)]
        if len(clips) != len(set(clip_ids)):
            detail = "This scene doesn't have that clip, or it failed its checks."
            raise NotFound(detail, errors={"clip_ids": [detail]})
        if len(clips) > MAXIMUM_TAKES:
            raise InputError(
                f"Choose at most {MAXIMUM_TAKES} takes.", errors={"clip_ids": [f"at most {MAXIMUM_TAKES}"]}
            )
    if not clips:
        raise InputError(f"Scene {scene.sequence} has no take to judge yet.", code="no_video")
    found = [clip for clip in clips if again or not clip.verdict][-MAXIMUM_TAKES:]
    if not found:
        raise ConflictError("These takes were judged before. Send `again` to pay for it again.", code="already_judged")
    return found


def takes_judge(
    *,
    by: User,
    project_id: UUID,
    sequence: int,
    clip_ids: Sequence[UUID] = (),
    again: bool = False,
    asked: Picked | None = None,
    flavor: str = "",
    spending: Spending,
    idempotency: Idempotency | None = None,
) -> Job:
    """Start judging the takes. Raises ConflictError while this scene's takes are being judged, and as
    `clips_to_judge` does."""
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        if earlier := idempotent_job(by=by, idempotency=idempotency):
            return earlier
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        clips = clips_to_judge(scene, clip_ids, again=again)
        work = judge_work(by=by, scene=scene, clips=clips, asked=asked, flavor=flavor)
        spending_check(work.quote.amount, project_spending(scene.project, spending))
        return work_start(by=by, work=work, project_id=project_id, dedupe_key=judge_key(scene), idempotency=idempotency)


def judge_key(scene: Scene) -> str:
    return f"judge:{scene.pk}"


def best_of_works(*, by: User, scene: Scene, spec: GenerationSpec) -> list[Work]:
    """Return the takes and, last, the judge that chooses among them. Raises InputError for fewer than two takes."""
    if spec.takes < 2:
        raise InputError("The best of one is that one. Ask for two takes or more.", errors={"takes": ["at least 2"]})
    judge = judge_work(by=by, scene=scene, count=spec.takes)
    return [*video_works(by=by, scene=scene, spec=spec), judge]


def best_of(
    *,
    by: User,
    project_id: UUID,
    sequence: int,
    spec: GenerationSpec,
    spending: Spending,
    idempotency: Idempotency | None = None,
) -> Job:
    """Start the takes and the judge, all or none, with the money for all of it reserved; return the judge's job, whose
    end makes the best take current. Raises as `scene_video_generate` does, and BudgetExceeded for the total."""
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        if earlier := idempotent_job(by=by, idempotency=idempotency):
            return earlier
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        before = scene.current_clip_id
        *takes, judge = best_of_works(by=by, scene=scene, spec=spec)
        total = sum((work.quote.amount for work in (*takes, judge)), Decimal(0))
        spending_check(total, project_spending(scene.project, spending))
        money.cost_check_fits(owner_id=by.pk, project_id=project_id, amount=total)
        jobs = [scene_work_start(by=by, scene=scene, work=work, take=take) for take, work in enumerate(takes)]
        waiting = {"waits_for": tuple(job.pk for job in jobs), "choose_best": True, "current_id": before}
        asked = judge.parameters.model_copy(update=waiting)
        work = Work(judge.kind, asked, judge.choice, judge.quote, judge.request)
        return work_start(by=by, work=work, project_id=project_id, dedupe_key=judge_key(scene), idempotency=idempotency)
