"""What a person should know of a scene's pictures before the next step is made."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from apps.core.errors import StudioError
from apps.projects.cast.selectors import used_pictures
from apps.projects.models import Project, Subject
from apps.scenes.entry import scene_entry, scenes_following
from apps.scenes.making import GenerationSpec, image_work, scene_span, video_work
from apps.scenes.models import Entry, Scene
from apps.scenes.scene_frames import SceneFrames, scene_spans
from apps.work.choice import Chooser, chooser, provider_choose
from apps.work.pictures import pictures_of


def scene_pictures_note(scene: Scene) -> str:
    """Return which pictures the scene's next image or clip is asked without, and that a bridge doesn't arrive; "" if
    there is nothing to say."""
    return _note(scene, scene_span(scene), provider_choose)


def scenes_pictures_notes(
    project: Project, subjects: Mapping[Scene, Sequence[Subject]], shown: Collection[int]
) -> dict[UUID, str]:
    """Return the notes of the scenes with the numbers `shown`, by id, where there is one; `subjects` are those of all
    of the project's scenes, in order. Scenes whose subjects have no pictures cost nothing, but for bridges."""
    scenes = list(subjects)
    noted = {
        scene.pk
        for scene in scenes
        if scene.sequence in shown
        and (scene_entry(scene) == Entry.BRIDGE or any(used_pictures(one, scene.section) for one in subjects[scene]))
    }
    if not noted:
        return {}
    following, choose = scenes_following(project, scenes), chooser()
    notes: dict[UUID, str] = {}
    for scene, span in zip(scenes, scene_spans(project, scenes), strict=True):
        if scene.pk in noted:
            scene.project, scene.known_subjects = project, list(subjects[scene])
            scene.known_following = following[scene.pk]
            notes[scene.pk] = _note(scene, span, choose)
    return {pk: note for pk, note in notes.items() if note}


def _note(scene: Scene, span: SceneFrames, choose: Chooser) -> str:
    by, spec, works = scene.project.owner, GenerationSpec(), []
    try:
        if scene.image_id is None:
            works.append(image_work(by=by, scene=scene, spec=spec, choose=choose))
        if scene.image_id is not None or scene_entry(scene) == Entry.BRIDGE:
            works.append(video_work(by=by, scene=scene, spec=spec, span=span, choose=choose))
        return " ".join(filter(None, (works[-1].note, pictures_of(works[0]).note)))
    except StudioError:
        return ""
