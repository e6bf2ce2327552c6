"""A scene's takes as their dialog shows them: which play side by side, what more cost, and what is under way."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.accounts.models import User
from apps.core.errors import InputError, NotFound, StudioError
from apps.jobs import money
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.states import LIVE
from apps.scenes.clip_use import clip_part
from apps.scenes.judging import clips_to_judge, judge_work
from apps.scenes.making import MAXIMUM_TAKES, GenerationSpec, video_works
from apps.scenes.models import Scene
from apps.studio.project.clip_views import ClipView
from apps.work.parameters import JudgeParameters

MOST_AT_ONCE = MAXIMUM_TAKES
TAKES_OFFERED = (1, 2, 3, 4, 6, MAXIMUM_TAKES)
BEST_OF_OFFERED = (2, 3, 4)


@dataclass(frozen=True)
class Take:
    """`starts`: where in its file the part begins that the scene shows, or showed last."""

    view: ClipView
    starts: Decimal


@dataclass(frozen=True)
class TakesOffer:
    """What `count` more takes cost, and whether the budget has room for them."""

    count: int
    price: Decimal
    fits: bool


def takes_shown(scene: Scene, views: Sequence[ClipView], asked: Sequence[UUID]) -> list[Take]:
    """Return the takes that were asked for, else the newest that nobody rejected and the one in use.

    Raises NotFound for a clip of another scene, InputError for more than can play at once."""
    known = {view.clip.pk: view for view in views}
    if set(asked) - known.keys():
        raise NotFound("This scene doesn't have that clip.")
    if len(asked) > MOST_AT_ONCE:
        raise InputError(f"Choose at most {MOST_AT_ONCE} takes.", errors={"clip": [f"at most {MOST_AT_ONCE}"]})
    if asked:
        chosen = [view for view in views if view.clip.pk in set(asked)]
    else:
        current = [view for view in views if view.current]
        others = [view for view in views if not view.current and not view.clip.rejected]
        newest = others[-(MOST_AT_ONCE - len(current)) :]
        chosen = sorted([*current, *newest], key=lambda view: view.number)
    return [Take(view, _starts(scene, view)) for view in chosen]


def _starts(scene: Scene, view: ClipView) -> Decimal:
    return clip_part(scene, view.clip.pk)[0] if view.current else view.clip.used_in


def takes_offers(by: User, scene: Scene) -> tuple[list[TakesOffer], str]:
    """Return what more takes cost, or why there can't be any."""
    try:
        (work,) = video_works(by=by, scene=scene, spec=GenerationSpec())
    except StudioError as error:
        return [], error.message
    price = work.quote.amount
    return [TakesOffer(count, price * count, _fits(by, scene, price * count)) for count in TAKES_OFFERED], ""


def takes_under_way(scene: Scene) -> str:
    """Return what is being made for the scene, in words; "" if nothing is."""
    making = Job.objects.filter(scene_id=scene.pk, kind=Kind.VIDEO, state__in=LIVE).count()
    judges = Job.objects.filter(project_id=scene.project_id, kind=Kind.JUDGE, state__in=LIVE)
    said = [f"{making} take{'' if making == 1 else 's'} being made"] if making else []
    if any(asked.scene_id == scene.pk for job in judges if (asked := JudgeParameters.find(job))):
        said.append("the judge waits" if making else "being judged")
    return ", ".join(said)


@dataclass(frozen=True)
class JudgeOffer:
    """What judging the scene's `count` unjudged takes costs, or why it can't be done; `best`: with new takes first.
    Without a model to ask there is `advice` only."""

    count: int = 0
    price: Decimal | None = None
    best: Sequence[TakesOffer] = ()
    advice: str = ""


def judge_offer(by: User, scene: Scene, *, price: Decimal | None) -> JudgeOffer:
    """Return what a judge would do and cost. `price`: of one more take, None if there can't be any."""
    try:
        choice = {count: judge_work(by=by, scene=scene, count=count).quote.amount for count in BEST_OF_OFFERED}
    except StudioError as error:
        return JudgeOffer(advice=error.message)
    best = []
    if price is not None:
        totals = {count: price * count + judging for count, judging in choice.items()}
        best = [TakesOffer(count, total, _fits(by, scene, total)) for count, total in totals.items()]
    try:
        clips = clips_to_judge(scene)
        return JudgeOffer(len(clips), judge_work(by=by, scene=scene, clips=clips).quote.amount, best)
    except StudioError:
        return JudgeOffer(best=best)


def _fits(by: User, scene: Scene, amount: Decimal) -> bool:
    return money.cost_fits(owner_id=by.pk, project_id=scene.project_id, amount=amount)
