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
from apps.scenes.lipsync_looks import Looks, NewLook, files_of, look_save, stems_among
from apps.scenes.models import LipsyncLook
from apps.scenes.parameters import LookParameters
from apps.scenes.performance import lipsync_is_paid
from apps.work.parameters import LipsyncParameters
from engines.draft.lipsync.check import face_check
from engines.draft.lipsync.voice import voice_heard
from engines.media.stills import still

log = structlog.get_logger(__name__)

Cancelled = Callable[[], bool]


def look_run(run: JobRun) -> Done:
    """Handle a look that a page or an API call requested."""
    asset = Asset.objects.filter(pk=run.read(LookParameters).asset_id).first()
    if asset is None:
        raise NotFound("The file was deleted.")
    new = _asset_look(run, asset)
    return Done(save=partial(_saved, asset, new))


def clip_look(run: JobRun, project: Project, path: Path) -> NewLook | None:
    """Look at a new clip while its file is here. None in a project whose lip-sync is free and needs no look."""
    if not lipsync_is_paid(project):
        return None
    run.progress(94, "Looking at the face")
    return _file_look(path, AssetKind.VIDEO, run.cancelled)


def lipsync_refuse_hopeless(run: JobRun) -> None:
    """Check an unchecked job before it is paid for: raises InputError if there is no face or no voice. Mere doubts
    count only if the call asked for that."""
    asked = run.read(LipsyncParameters)
    inputs = asked.frozen.inputs
    assets = files_of([inputs])
    # A file that is temporarily unreachable makes the job wait; the request needs it too.
    rows = {asset.pk: _asset_looked(run, asset) for asset in Asset.objects.filter(pk__in=assets)}
    found = Looks(rows=rows, stems=stems_among(assets), jobs={}).check(inputs)
    if found is None:
        return  # a file is gone, which the request itself will report
    hopeless = [part for part in (found.face, found.voice) if part is not None and not part.usable]
    told = [problem for part in hopeless for problem in part.problems]
    if asked.refuse_doubts:
        told = list(found.problems)
    if told:
        message = f"Nothing was bought because it is unlikely to work. {' '.join(told)} Add Lipsync tries it anyway."
        raise InputError(message, code="lipsync_unlikely")


def _saved(asset: Asset, new: NewLook) -> None:
    look_save(asset, new)


def _asset_looked(run: JobRun, asset: Asset) -> LipsyncLook:
    """Return the stored look. A new one is saved immediately, since the job may end hours later."""
    known = LipsyncLook.objects.filter(asset=asset).first()
    return known or look_save(asset, _asset_look(run, asset))


def _asset_look(run: JobRun, asset: Asset) -> NewLook:
    run.progress(5, "Analyzing the song" if asset.kind == AssetKind.AUDIO else "Looking at the clip")
    with asset_local_copy(asset, check=run.check) as path:
        return _file_look(path, asset.kind, run.cancelled)


def _file_look(path: Path, kind: str, cancelled: Cancelled) -> NewLook:
    try:
        if kind == AssetKind.AUDIO:
            return NewLook(found=asdict(voice_heard(path, cancelled=cancelled)))
        found = face_check(path, cancelled=cancelled)
        log.info("lipsync_looked", problems=found.problems, face_share=found.share)
        return NewLook(found=asdict(found), frame=still(path, found.seconds))
    except (InputError, MediaToolError) as error:
        # The file itself is at fault, and that won't change.
        return NewLook(problem=error.message)
