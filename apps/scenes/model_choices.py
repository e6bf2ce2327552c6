"""A project's and its scenes' choices of model: those that can't be used any more, and switching to another model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.catalog.selectors import CheckedOffer, Checks, last_checks, offers_checked
from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.flavors.registry import shown_settings
from apps.projects.models import Project
from apps.projects.selectors import project_lock
from apps.projects.services import project_update
from apps.providers.base import Provider
from apps.providers.capabilities import Capability
from apps.providers.registry import provider_get, providers_for
from apps.scenes.models import Scene
from apps.scenes.picks import project_pick, scene_pick
from apps.scenes.selectors import scene_get, scenes_of
from apps.scenes.services import scene_update
from apps.work.choice import AUTO, CHOSEN_FOR, Picked


@dataclass(frozen=True)
class TroubledChoice:
    """A model that new work would use, and that can't be used. `successor`: the offered model to use instead, if any;
    `in_project`: the project or its flavor chose it; `sequences`: the scenes that did."""

    capability: Capability
    checked: CheckedOffer
    successor: CheckedOffer | None
    in_project: bool
    sequences: tuple[int, ...]


def troubled_choices(project: Project, scenes: Sequence[Scene]) -> list[TroubledChoice]:
    """Return the choices that would make new work fail, with one query."""
    checks = last_checks()
    return [found for capability in CHOSEN_FOR for found in _troubled(project, scenes, capability, checks)]


def _troubled(
    project: Project, scenes: Sequence[Scene], capability: Capability, checks: Checks
) -> list[TroubledChoice]:
    settings = shown_settings(project.flavor, capability).values
    chosen: dict[tuple[str, str], list[int]] = {}
    for pick, sequence in [
        (project_pick(project, capability), 0),
        *((scene_pick(scene, capability), scene.sequence or 0) for scene in scenes),
    ]:
        if pick or not sequence:
            chosen.setdefault((pick.provider, pick.model), []).append(sequence)
    found = []
    for (name, model), sequences in chosen.items():
        checked = _chosen_offer(capability, settings, Picked(name, model), checks)
        if checked is not None and not checked.usable:
            offered = offers_checked(capability, settings, [provider_get(checked.offer.provider)], checks=checks)
            known = [one for one in offered if one.usable and one.offer.model == checked.offer.successor]
            numbers = tuple(number for number in sequences if number)
            found.append(TroubledChoice(capability, checked, next(iter(known), None), 0 in sequences, numbers))
    return found


def _chosen_offer(capability: Capability, settings: JsonObject, picked: Picked, checks: Checks) -> CheckedOffer | None:
    """Return the model that the choice means; None for an automatic or unknown one."""
    provider = _provider(capability, settings, picked)
    if picked.model == AUTO or provider is None or not provider.configured():
        return None
    if picked.model:
        settings = provider.with_model(capability, settings, picked.model)
    return offers_checked(capability, settings, [provider], checks=checks)[0]


def _provider(capability: Capability, settings: JsonObject, picked: Picked) -> Provider | None:
    if not picked.model:
        return provider_get(picked.provider or str(settings["provider"]))
    able = [one for one in providers_for(capability) if picked.provider in {"", one.name}]
    return next((one for one in able if one.lists_model(capability, settings, picked.model)), None)


def scene_picks_set(*, by: User, project_id: UUID, sequence: int, picks: Mapping[Capability, Picked]) -> Scene:
    """Choose the scene's own providers and models; an empty choice goes back to the project's. Undo reverts it."""
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        scene = scene_get(by=by, project_id=project_id, sequence=sequence)
        return scene_update(
            by=by,
            project_id=project_id,
            sequence=sequence,
            providers={**scene.providers, **{capability: picked.provider for capability, picked in picks.items()}},
            chosen_models={**scene.chosen_models, **{capability: picked.model for capability, picked in picks.items()}},
        )


def project_pick_set(*, by: User, project_id: UUID, capability: Capability, picked: Picked) -> Project:
    """Choose the project's provider and model."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        return project_update(
            by=by,
            project_id=project_id,
            providers={**project.providers, capability: picked.provider},
            chosen_models={**project.chosen_models, capability: picked.model},
        )


def model_switch(*, by: User, project_id: UUID, capability: Capability, model: str) -> None:
    """Use the successor of a model that is gone or broken, wherever the project or its scenes would use it.

    Raises InputError if it isn't in use, or has no successor in this flavor.
    """
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        found = [
            one
            for one in troubled_choices(project, list(scenes_of(project)))
            if one.capability is capability and one.checked.offer.model == model
        ]
        if not found:
            return  # switched in the meantime
        for one in found:
            if one.successor is None:
                raise InputError(
                    f"Nothing in this flavor replaces {model}. Choose another model in the project's settings."
                )
            picked = Picked(one.successor.offer.provider, one.successor.offer.model)
            if one.in_project:
                project_pick_set(by=by, project_id=project_id, capability=capability, picked=picked)
            for number in one.sequences:
                scene_picks_set(by=by, project_id=project_id, sequence=number, picks={capability: picked})
