"""Scenes that no longer fit what they continue from.

A clip keeps the frame that it was started from, an image the picture that it was matched to. Both are compared with
what the forerunner shows today, so whatever changes that makes the scene after it stale, without writing anything. The
scenes after a stale one follow once it is made again: until then, the frame that they started from is still shown.
"""

from collections.abc import Sequence
from uuid import UUID

from apps.core.json import JsonObject
from apps.projects.models import Project
from apps.scenes.entry import Following, scene_following, scenes_following
from apps.scenes.entry_frames import FIRST, MATCHED, last_shown_frame
from apps.scenes.made_from import clip_made_from
from apps.scenes.models import Scene
from apps.scenes.scene_frames import SceneFrames, scene_spans
from apps.scenes.selectors import scenes_of


def scenes_stale(project: Project, scenes: Sequence[Scene]) -> dict[UUID, str]:
    """Return why scenes are stale, by id; `scenes` are the project's in order, from the first on."""
    following = scenes_following(project, scenes)
    if all(one.before is None for one in following.values()):
        return {}
    spans = dict(zip([scene.pk for scene in scenes], scene_spans(project, scenes), strict=True))
    found = {scene.pk: _reason(scene, following[scene.pk], spans) for scene in scenes}
    return {pk: reason for pk, reason in found.items() if reason}


def scene_stale(scene: Scene) -> str:
    """Return why the scene is stale; "" if it isn't."""
    if scene_following(scene).before is None:
        return ""
    return scenes_stale(scene.project, list(scenes_of(scene.project))).get(scene.pk, "")


def started_from(scene: Scene) -> JsonObject | None:
    """Return the stored source of the first frame of the scene's clip; None for a clip that wasn't generated."""
    made = clip_made_from(scene.current_clip) if scene.current_clip is not None else {}
    source: JsonObject | None = (made.get("inputs") or {}).get(FIRST, {}) if made else None
    return source


def _reason(scene: Scene, following: Following, spans: dict[UUID, SceneFrames]) -> str:
    if (before := following.starts_from) is not None:
        return _start_reason(scene, before, spans[before.pk])
    if (before := following.matches) is not None:
        return _match_reason(scene, before)
    return ""


def _start_reason(scene: Scene, before: Scene, span: SceneFrames) -> str:
    source, shown = started_from(scene), last_shown_frame(before, span)
    if source is None or shown is None or before.current_clip is None:
        return ""
    frame = source.get("frame")
    if not frame:
        return f"Its clip doesn't start from the last frame of shot {before.sequence} yet."
    if source.get("asset_id") != str(before.current_clip.asset_id):
        return f"It continues from an older clip of shot {before.sequence}."
    if frame != shown.model_dump(mode="json"):
        return f"Shot {before.sequence} ends at another frame now than the one it continues from."
    return ""


def _match_reason(scene: Scene, before: Scene) -> str:
    source = (scene.image.metadata.get("inputs") or {}).get(MATCHED) if scene.image is not None else None
    if not source or before.image_id is None or source.get("asset_id") == str(before.image_id):
        return ""
    return f"Its picture matches an older picture of shot {before.sequence}."
