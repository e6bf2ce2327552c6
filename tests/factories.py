"""Create rows for tests: plain functions with defaults for everything a test does not care about."""

import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from apps.assets.models import Asset
from apps.assets.services import asset_create, file_store
from apps.composition.models import Composition, Output
from apps.composition.planning import project_plan
from apps.jobs.models import Job
from apps.projects.cast.lead import lead_follow, lead_show
from apps.projects.models import Project, Subject, SubjectPicture
from apps.scenes.models import Clip, Scene
from apps.songs.models import AnalysisState, Song
from engines.media.probe import probe_media


def make_asset(owner: Any, *, kind: str = "video", **fields: Any) -> Asset:
    """Create an asset's row without a file, for code that only reads its facts."""
    asset_id = uuid4()
    suffix, content_type = {"video": ("mp4", "video/mp4"), "audio": ("mp3", "audio/mpeg")}.get(
        kind, ("png", "image/png")
    )
    defaults: dict[str, Any] = {
        "id": asset_id,
        "key": f"tests/{asset_id}/{kind}.{suffix}",
        "sha256": asset_id.hex * 2,
        "size_bytes": 1000,
        "content_type": content_type,
        "stored_in": "disk",
        "media_folder": "test",
    }
    return Asset.objects.create(owner=owner, kind=kind, **{**defaults, **fields})


def make_song(owner: Any, *, seconds: float = 12.0, tempo_bpm: float = 120.0, **fields: Any) -> Song:
    """Create an analyzed song with a steady beat from its first sample."""
    period = 60 / tempo_bpm
    beats = [round(index * period, 6) for index in range(int(seconds / period) + 1)]
    defaults: dict[str, Any] = {
        "asset": make_asset(owner, kind="audio", duration_seconds=seconds),
        "title": "A song",
        "analysis_state": AnalysisState.DONE,
        "grid": {"tempo_bpm": tempo_bpm, "beats": beats, "downbeats": beats[::4], "confidence": 1.0},
    }
    return Song.objects.create(owner=owner, **{**defaults, **fields})


def make_project(owner: Any, *, song_seconds: float | None = None, **fields: Any) -> Project:
    defaults: dict[str, Any] = {"title": "A project", "idea": "A city at night", "seed": 7}
    if song_seconds is not None:
        defaults["song"] = make_song(owner, seconds=song_seconds)
    project = Project.objects.create(owner=owner, **{**defaults, **fields})
    lead_follow(project, described=True, pictured=project.character_reference is not None)
    return project


def make_subject(
    project: Project | None, name: str = "Mara", *, pictures: int = 0, owner: Any = None, **fields: Any
) -> Subject:
    """Create a subject of the project, or of the owner's library, with pictures that have no files."""
    owner = owner or project.owner
    defaults = {"kind": "character", "description": f"{name}, short silver hair"}
    position = project.subjects.count() if project else 0
    subject = Subject.objects.create(
        owner=owner, project=project, name=name, position=position, **{**defaults, **fields}
    )
    for number in range(pictures):
        asset = make_asset(owner, kind="image", width=1024, height=1024)
        SubjectPicture.objects.create(subject=subject, asset=asset, origin="uploaded", position=number)
    if project is not None:
        lead_show(project)
    return subject


def make_scenes(project: Project, *durations: str | None, **fields: Any) -> list[Scene]:
    """Create scenes 1, 2, 3, … with these lengths."""
    return [
        Scene.objects.create(
            project=project,
            sequence=number,
            duration=None if duration is None else Decimal(duration),
            **{"prompt": f"shot {number}", **fields},
        )
        for number, duration in enumerate(durations, start=1)
    ]


def make_clip(scene: Scene, *, current: bool = True, **fields: Any) -> Clip:
    defaults: dict[str, Any] = {"origin": "generated"}
    if "asset" not in fields:
        defaults["asset"] = make_asset(scene.project.owner, duration_seconds=8.0, width=1280, height=720, fps="24")
    clip = Clip.objects.create(scene=scene, **{**defaults, **fields})
    if current:
        scene.current_clip = clip
        scene.save(update_fields=["current_clip"])
    return clip


def make_composition(project: Project, *, output: Output | None = None, **fields: Any) -> Composition:
    """Create a composed video of the current project as a worker would; without an output, it is the final one."""
    plan = project_plan(project, output=output).plan
    checks = [{"name": "frames", "passed": True, "detail": "960 of 960 planned frames"}]
    proof = {"passed": True, "sentence": "960 frames, sound identical to the master.", "checks": checks}
    defaults = {"asset": make_asset(project.owner, duration_seconds=40.0), "proof": proof}
    facts = {"fingerprint": plan.fingerprint, "plan": plan.model_dump(mode="json"), "output": output}
    made = Composition.objects.create(project=project, **{**defaults, **facts, **fields})
    if output is None:
        project.final_video = made.asset
        project.save(update_fields=["final_video"])
    return made


def make_job(owner: Any, *, kind: str = "video", state: str = "queued", **fields: Any) -> Job:
    defaults: dict[str, Any] = {"queue": "media", "provider": "draft"}
    if state in {"succeeded", "failed", "cancelled"}:
        defaults["finished_at"] = timezone.now()
    if state == "running":
        defaults["heartbeat_at"] = timezone.now() + timedelta(minutes=5)
    return Job.objects.create(owner=owner, kind=kind, state=state, **{**defaults, **fields})


def store_asset(owner: Any, content: bytes, *, kind: str = "video", suffix: str = ".mp4") -> Asset:
    """Create an asset's row with its probed file in the media folder.

    The file is ours, so it is probed here: a confined child takes half a second to start."""
    content_type = {"video": "video/mp4", "audio": "audio/wav", "image": "image/png"}[kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(content)
        key, facts = f"tests/{uuid4()}/{kind}{suffix}", probe_media(path)
        stored = file_store(path, key=key, content_type=content_type, facts=facts)
    with transaction.atomic():
        return asset_create(owner=owner, stored=stored, kind=kind)
