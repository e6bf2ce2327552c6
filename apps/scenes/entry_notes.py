"""What a person should know of how a scene follows, before they pay for it."""

from apps.accounts.models import User
from apps.catalog.selectors import model_offers
from apps.core.errors import StudioError
from apps.providers.capabilities import Capability
from apps.providers.sections import ModelState
from apps.scenes.entry import scene_following
from apps.scenes.entry_frames import MATCHED, MOST_NAMED
from apps.scenes.making import GenerationSpec, image_work, scene_span, video_work
from apps.scenes.models import Scene
from apps.work.pictures import pictures_of
from apps.work.work import Work


def entry_notes(*, by: User, scene: Scene) -> list[str]:
    """Return sentences about what the scene starts from, waits for, or can't have from its model."""
    following = scene_following(scene)
    notes = []
    if following.anchored:
        notes.append("It is so far along its chain that it starts from its own picture again: faces would drift.")
    before = following.starts_from
    if before is not None and before.current_clip is None:
        notes.append(f"It waits for the clip of scene {before.sequence}.")
    try:
        if before is not None:
            work = video_work(by=by, scene=scene, spec=GenerationSpec(), span=scene_span(scene))
            notes += [video_note(scene, work)]
        elif following.matches is not None:
            notes += [image_note(image_work(by=by, scene=scene, spec=GenerationSpec()))]
    except StudioError as error:
        notes.append(error.message)
    return [note for note in notes if note]


def video_note(scene: Scene, work: Work) -> str:
    """Return that a bridge doesn't arrive at its own image, and with which models it would; "" if it does."""
    if not work.note:
        return ""
    offers = model_offers(Capability.VIDEO, flavor=scene.project.flavor)
    able = [offer.model for offer in offers if offer.abilities.last_frame and offer.state != ModelState.RETIRED]
    others = f" {', '.join(able[:MOST_NAMED])} can." if able else ""
    return f"{work.note}{others}"


def image_note(work: Work) -> str:
    """Return that the model can't be given the picture to match; "" if it can."""
    asked = [one for one in pictures_of(work).left_out if one.picture and one.kind == "style"]
    return pictures_of(work).note if asked and MATCHED in work.frozen.inputs else ""
