"""Whose choice of provider and model counts for a scene's work."""

from apps.projects.models import Project
from apps.providers.capabilities import Capability
from apps.scenes.models import Scene
from apps.work.choice import Picked, picked_for


def project_pick(project: Project, capability: Capability) -> Picked:
    """Return what the project has chosen for the capability."""
    return picked_for(capability, providers=project.providers, models=project.chosen_models)


def scene_pick(scene: Scene, capability: Capability) -> Picked:
    """Return what was chosen for this scene alone."""
    return picked_for(capability, providers=scene.providers, models=scene.chosen_models)


def scene_picks(scene: Scene, capability: Capability, asked: Picked) -> tuple[Picked, ...]:
    """Return the call's, the scene's and the project's choice, in the order in which they count."""
    return (asked, scene_pick(scene, capability), project_pick(scene.project, capability))
