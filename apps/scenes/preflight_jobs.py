"""Worker-side checks of a lip-sync's clip and sound. Free, and nothing is sent."""

from base64 import b64encode
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
from apps.providers.capabilities import Capability
from apps.providers.registry import provider_get
from apps.scenes.models import LipsyncLook
from apps.scenes.parameters import PreflightParameters
from apps.scenes.performance import lipsync_is_paid
from apps.scenes.preflight import NewPreflight, Preflight, files_of, preflight_save, songs_among, stems_among
from apps.work.parameters import LipsyncParameters
from engines.draft.lipsync.voice import voice_heard
from engines.faces.files import FacesUnavailable
from engines.faces.found import ClipFaces
from engines.faces.scan import clip_faces
from engines.faces.verdict import face_check
from engines.media.stills import still

log = structlog.get_logger(__name__)

Cancelled = Callable[[], bool]

# Share of a sung scene's clip that should show a face.
LEAST_PERFORMED = 0.25
# Of one clip, of about 30 kB each.
MOST_PICTURES = 8


def preflight_run(run: JobRun) -> Done:
    """Run the pre-flight of one file that a page or an API call requested."""
    asset = Asset.objects.filter(pk=run.read(PreflightParameters).asset_id).first()
    if asset is None:
        raise NotFound("The file was deleted.")
    new = _asset_preflight(run, asset)
    return Done(save=partial(_saved, asset, new))


def clip_preflight(run: JobRun, project: Project, path: Path, *, drawn: bool = False) -> NewPreflight | None:
    """Look at a new clip's faces while its file is here. None for one that the draft has drawn, in a project whose
    lip-sync is free: its mouths are known."""
    if drawn and not lipsync_is_paid(project):
        return None
    run.progress(94, "Checking the face")
    try:
        return _file_preflight(path, AssetKind.VIDEO, run.cancelled)
    except FacesUnavailable:
        return None  # the clip itself is fine; whoever asks for its faces is told


def performance_suspicion(look: NewPreflight) -> str:
    """Return what is odd about a clip for a scene that is sung: a sentence, or ""."""
    if not look.found:
        return ""
    faces = ClipFaces.from_json(look.found)
    seen = sum(bool(moment.faces) for moment in faces.moments)
    if seen >= LEAST_PERFORMED * len(faces.moments):
        return ""
    shown = f"a face can be seen in only {seen / len(faces.moments):.0%} of it" if seen else "its clip shows no face"
    return f"Somebody sings in this scene, but {shown}."


def lipsync_refuse_hopeless(run: JobRun) -> None:
    """Check an unchecked job before it is paid for: raises InputError if there is no face or no voice. Mere doubts
    count only if the call asked for that."""
    asked = run.read(LipsyncParameters)
    inputs = asked.frozen.inputs
    assets = files_of([inputs])
    # A file that is temporarily unreachable makes the job wait; the request needs it too.
    rows = {asset.pk: _asset_checked(run, asset) for asset in Asset.objects.filter(pk__in=assets)}
    provider = provider_get(run.job.provider)
    copes_with = provider.abilities(Capability.LIPSYNC, asked.frozen.values.settings).copes_with
    known = Preflight(rows=rows, stems=stems_among(assets), jobs={}, songs=songs_among(assets))
    found = known.check(asked.frozen, copes_with=copes_with)
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
        faces = clip_faces(path, cancelled=cancelled)
        check = face_check(faces)
        log.info("lipsync_looked", problems=check.problems, face_share=check.share)
        frames = {f"{seconds:.3f}": _jpeg(path, seconds) for seconds in _shown_moments(faces)}
        return NewPreflight(found=faces.to_json(), frames=frames)
    except (InputError, MediaToolError) as error:
        # The file itself is at fault, and that won't change.
        return NewPreflight(problem=error.message)


def _shown_moments(faces: ClipFaces) -> list[float]:
    """Return the moments worth a picture: those of the findings, the best one, and of each shot the fullest one, from
    which a face can be chosen."""
    check = face_check(faces)
    moments = [check.seconds, *(finding.seconds for finding in check.findings)]
    starts = (0.0, *faces.cuts)
    for start, end in zip(starts, (*faces.cuts, float("inf")), strict=True):
        shot = [moment for moment in faces.moments if start <= moment.time < end and moment.faces]
        if shot:
            fullest = max(shot, key=lambda moment: (len(moment.faces), sum(face.height for face in moment.faces)))
            moments.append(fullest.time)
    return sorted(dict.fromkeys(round(seconds, 3) for seconds in moments[:MOST_PICTURES]))


def _jpeg(path: Path, seconds: float) -> str:
    return b64encode(still(path, seconds, width=640)).decode()
