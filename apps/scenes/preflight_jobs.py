"""Worker-side checks of a lip-sync's clip and sound. Free, and nothing is sent."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import structlog

from apps.assets.models import Asset, AssetKind
from apps.assets.services import asset_local_copy
from apps.core.errors import InputError, MediaToolError, NotFound
from apps.jobs.execution import Done, JobRun
from apps.projects.models import Project
from apps.scenes.models import LipsyncLook
from apps.scenes.parameters import PreflightParameters
from apps.scenes.performance import lipsync_is_paid
from apps.scenes.preflight import NewPreflight, Preflight, files_of, preflight_save, songs_among, stems_among
from apps.work.parameters import LipsyncParameters
from engines.draft.lipsync.check import face_check
from engines.draft.lipsync.voice import voice_heard
from engines.media.stills import still

log = structlog.get_logger(__name__)

Cancelled = Callable[[], bool]


def preflight_run(run: JobRun) -> Done:
    """Run the pre-flight of one file that a page or an API call requested."""
    asset = Asset.objects.filter(pk=run.read(PreflightParameters).asset_id).first()
    if asset is None:
        raise NotFound("The file was deleted.")
    new = _asset_preflight(run, asset)
    return Done(save=partial(_saved, asset, new))


def clip_preflight(run: JobRun, project: Project, path: Path) -> NewPreflight | None:
    """Check a new clip while its file is here. None in a project whose lip-sync is free and needs no pre-flight."""
    if not lipsync_is_paid(project):
        return None
    run.progress(94, "Checking the face")
    return _file_preflight(path, AssetKind.VIDEO, run.cancelled)


def lipsync_refuse_hopeless(run: JobRun) -> None:
    """Check an unchecked job before it is paid for: raises InputError if there is no face or no voice. Mere doubts
    count only if the call asked for that."""
    asked = run.read(LipsyncParameters)
    inputs = asked.frozen.inputs
    assets = files_of([inputs])
    # A file that is temporarily unreachable makes the job wait; the request needs it too.
    rows = {asset.pk: _asset_checked(run, asset) for asset in Asset.objects.filter(pk__in=assets)}
    found = Preflight(rows=rows, stems=stems_among(assets), jobs={}, songs=songs_among(assets)).check(inputs)
    if found is None:
        return  # a file is gone, which the request itself will report
    hopeless = [part for part in (found.face, found.voice) if part is not None and not part.usable]
    told = [problem for part in hopeless for problem in part.problems]
    if asked.refuse_doubts:
        told = list(found.problems)
    if told:
        message = (
            f"Nothing was bought, because this lip-sync is unlikely to work. {' '.join(told)} "
            "Click Add Lipsync to try it anyway."
        )
        raise InputError(message, code="lipsync_unlikely")


def _saved(asset: Asset, new: NewPreflight) -> None:
    preflight_save(asset, new)


def _asset_checked(run: JobRun, asset: Asset) -> LipsyncLook:
    """Return what is stored. A new finding is saved immediately, since the job may end hours later."""
    known = LipsyncLook.objects.filter(asset=asset).first()
    return known or preflight_save(asset, _asset_preflight(run, asset))


def _asset_preflight(run: JobRun, asset: Asset) -> NewPreflight:
    run.progress(5, "Analyzing the song" if asset.kind == AssetKind.AUDIO else "Checking the clip")
    with asset_local_copy(asset, check=run.check) as path:
        return _file_preflight(path, asset.kind, run.cancelled)


def _file_preflight(path: Path, kind: str, cancelled: Cancelled) -> NewPreflight:
    try:
        if kind == AssetKind.AUDIO:
            return NewPreflight(found=asdict(voice_heard(path, cancelled=cancelled)))
        found = face_check(path, cancelled=cancelled)
        log.info("lipsync_looked", problems=found.problems, face_share=found.share)
        return NewPreflight(found=asdict(found), frame=still(path, found.seconds))
    except (InputError, MediaToolError) as error:
        # The file itself is at fault, and that won't change.
        return NewPreflight(problem=error.message)
