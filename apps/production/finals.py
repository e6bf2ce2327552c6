"""Draft to final: making a project's draft scenes again by paid providers. Cuts and words stay as they are, and the
draft clips stay in each scene's history."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.catalog.selectors import model_offers
from apps.core.errors import ConflictError
from apps.jobs import money
from apps.jobs.kinds import Kind
from apps.jobs.priorities import batch_work
from apps.production.generate_all import approved_scenes, path_switch_on, project_advance, project_scenes
from apps.projects.models import Project, Round
from apps.projects.selectors import project_get, project_lock
from apps.providers.capabilities import Capability
from apps.providers.registry import is_built_in, providers_for
from apps.scenes.clips import refuse_busy
from apps.scenes.made_from import clip_is_draft, clip_words, picture_is_draft
from apps.scenes.making import (
    AskedImage,
    GenerationSpec,
    image_work,
    project_spending,
    scene_work_start,
    video_work,
)
from apps.scenes.models import Scene
from apps.scenes.performance import performances_planned, project_performs
from apps.scenes.picks import project_pick, scene_pick
from apps.scenes.remaking import picture_is_outdated
from apps.scenes.scene_frames import SceneFrames, scene_spans
from apps.scenes.selectors import scene_awaits_choice
from apps.work.choice import Chooser, Picked, chooser, provider_choose
from apps.work.work import Spending, Work, spending_check

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class FinalKind:
    """One kind of work of the final, by one provider; `amount` in US dollars."""

    kind: str
    provider: str
    count: int
    amount: Decimal


@dataclass(frozen=True)
class FinalPlan:
    """What making the final buys: each scene's steps in order, and the lip-syncs that follow by themselves.

    The numbers say how many scenes are left out, and why. `bare`: kinds of work for which nothing is connected."""

    steps: Sequence[tuple[Scene, Sequence[Work]]]
    lipsyncs: Sequence[Work]
    bought: int = 0
    own: int = 0
    unapproved: int = 0
    undecided: int = 0
    bare: tuple[Capability, ...] = ()

    @property
    def works(self) -> list[Work]:
        return [*(work for _, works in self.steps for work in works), *self.lipsyncs]

    @property
    def total(self) -> Decimal:
        return sum((work.quote.amount for work in self.works), Decimal(0))


def final_plan(*, by: User, project_id: UUID) -> FinalPlan:
    """Return what making the final would buy now. Raises ConflictError if no paid provider of clips is connected."""
    return _plan(by, project_get(by=by, project_id=project_id))


def final_kinds(plan: FinalPlan) -> list[FinalKind]:
    """Return what the plan buys of each kind by each provider."""
    amounts: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for work in plan.works:
        amounts[str(work.kind), work.choice.provider.name].append(work.quote.amount)
    return [
        FinalKind(kind, provider, len(found), sum(found, Decimal(0))) for (kind, provider), found in amounts.items()
    ]


def final_start(*, by: User, project_id: UUID, spending: Spending) -> Project:
    """Start the first step of every draft scene, all or none, and choose the paid providers for the project. Scenes
    that have a paid clip for their words, or are at it, are not bought again.

    Raises BudgetExceeded if the total needs confirmation or would exceed a cap; ConflictError while something else is
    being made, or if no paid provider of clips is connected.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        if project.generating and project.round != Round.FINAL:
            raise ConflictError(
                "The project is being made. Wait until that is done, or stop it.", code="already_running"
            )
        plan = _plan(by, project)
        for scene, _ in plan.steps:
            refuse_busy(scene)
        spending_check(plan.total, project_spending(project, spending))
        money.cost_check_fits(owner_id=project.owner_id, project_id=project.pk, amount=plan.total)
        with batch_work():
            for scene, works in plan.steps:
                scene_work_start(by=by, scene=scene, work=works[0])
        if plan.steps:
            project.version += 1
            project.save(update_fields=["providers", "chosen_models", "version", "updated_at"])
            path_switch_on(project, Round.FINAL)
    log.info("final_started", project_id=str(project_id), scenes=len(plan.steps), amount=str(plan.total))
    project_advance(project_id)
    return project_get(by=by, project_id=project_id)


def _plan(by: User, project: Project) -> FinalPlan:
    """Return the plan; the project's choice of providers, not saved, becomes the paid one."""
    scenes = project_scenes(project)
    bare = _providers_choose(project)
    approved, left_out = approved_scenes(project, scenes), {"bought": 0, "own": 0, "unapproved": 0, "undecided": 0}
    steps: list[tuple[Scene, Sequence[Work]]] = []
    performed, choose, performs = [], chooser(), project_performs(project)
    for scene, span in zip(scenes, scene_spans(project, scenes), strict=True):
        if why := _left_out(scene, approved):
            left_out[why] += 1
            continue
        steps.append((scene, _steps(by, scene, span, choose, draws=Capability.IMAGE not in bare)))
        if performs and scene.lipsync:
            performed.append(span)
    lipsyncs = performances_planned(by=by, project=project, spans=performed)
    return FinalPlan(steps, lipsyncs, bare=bare, **left_out)


def _left_out(scene: Scene, approved: set[UUID]) -> str:
    """Return why the scene isn't made again; "" if it is."""
    if scene.pk not in approved:
        return "unapproved"
    if any(clip.usable and not clip_is_draft(clip) and clip_words(clip) == scene.prompt for clip in scene.clips.all()):
        return "bought"
    job = scene.job
    if job is not None and job.is_live and job.kind in {Kind.IMAGE, Kind.VIDEO} and not is_built_in(job.provider):
        return "bought"
    if scene.current_clip is not None and clip_words(scene.current_clip) is None:
        return "own"
    return "undecided" if scene_awaits_choice(scene) else ""


def _steps(by: User, scene: Scene, span: SceneFrames, choose: Chooser, *, draws: bool) -> list[Work]:
    filmed = _final_pick(scene, Capability.VIDEO)
    spec = GenerationSpec(provider=filmed.provider, model=filmed.model)
    video = video_work(by=by, scene=scene, spec=spec, span=span, choose=choose)
    draft = scene.image is None or picture_is_draft(scene.image) or picture_is_outdated(scene)
    if not (draws and draft):
        return [video]
    drawn = _final_pick(scene, Capability.IMAGE)
    asked = AskedImage(then_video=True, clip_by=filmed, keeps_approval=True)
    spec = GenerationSpec(provider=drawn.provider, model=drawn.model)
    return [image_work(by=by, scene=scene, spec=spec, asked=asked, choose=choose), video]


def _final_pick(scene: Scene, capability: Capability) -> Picked:
    """Return the scene's own choice if that is a paid provider, else the project's."""
    own = scene_pick(scene, capability)
    return own if own and _is_paid(own, capability, scene.project.flavor) else project_pick(scene.project, capability)


def _providers_choose(project: Project) -> tuple[Capability, ...]:
    """Choose a connected paid provider wherever the project would draw drafts. Return the kinds of work without one;
    raise ConflictError if that is the clips."""
    bare = []
    for capability in (Capability.VIDEO, Capability.IMAGE, Capability.LIPSYNC):
        if _is_paid(project_pick(project, capability), capability, project.flavor):
            continue
        connected = [one for one in providers_for(capability) if not one.built_in and one.configured()]
        if not connected:
            bare.append(capability)
            continue
        # A free one, such as a server of one's own, only where no service with prices is connected.
        priced = {offer.provider for offer in model_offers(capability, flavor=project.flavor) if offer.price}
        chosen = min(connected, key=lambda one: one.name not in priced)
        project.providers = {**project.providers, capability.value: chosen.name}
        project.chosen_models = {name: one for name, one in project.chosen_models.items() if name != capability}
    if Capability.VIDEO in bare:
        raise ConflictError(
            "No service that makes clips is connected, so there is no final quality yet. Connect one at /connect.",
            code="not_connected",
        )
    return tuple(bare)


def _is_paid(pick: Picked, capability: Capability, flavor: str) -> bool:
    return not provider_choose(capability, flavor=flavor, picks=(pick,)).provider.built_in
