"""What a person should know of a scene's pictures before the next step is made."""

from apps.core.errors import StudioError
from apps.scenes.making import GenerationSpec, image_work, scene_span, video_work
from apps.scenes.models import Scene
from apps.work.pictures import pictures_of


def scene_pictures_note(scene: Scene) -> str:
    """Return which pictures the scene's next image or clip is asked without, as a sentence; "" if none."""
    try:
        if scene.image_id is None:
            work = image_work(by=scene.project.owner, scene=scene, spec=GenerationSpec())
        else:
            work = video_work(by=scene.project.owner, scene=scene, spec=GenerationSpec(), span=scene_span(scene))
        return pictures_of(work).note
    except StudioError:
        return ""
