"""The hand-off package: clips, song, lyrics, timelines, costs and a README in one zip."""

import csv
import io
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.assets.describing import asset_facts
from apps.assets.models import Asset, AssetKind
from apps.assets.services import StoredFile, asset_create, asset_local_copy, file_store
from apps.assets.store.keys import final_file_key, safe_name
from apps.composition.edit import Edit, HandedFile, edit_of
from apps.composition.frozen import FrozenPlan
from apps.composition.models import Lyrics
from apps.composition.parameters import ExportParameters
from apps.composition.planning import project_plan
from apps.composition.results import PackageResult
from apps.composition.timeline import write_timelines
from apps.core.errors import ConflictError
from apps.jobs.execution import Done, JobRun
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.selectors import live_jobs
from apps.jobs.services import Idempotency, NewJob, job_create
from apps.jobs.states import State
from apps.projects.models import Project
from apps.projects.selectors import project_get

_README = """{title}

Made with mvsite. Everything you need to continue in editing software:

clips/           the current clip of each scene, named by scene
song/            the song, and its vocal stem if there is one
lyrics.srt       the lyrics, timed to the video, if there are any
timeline.otio    OpenTimelineIO (DaVinci Resolve, Kdenlive, Nuke)
timeline.xml     Final Cut Pro 7 XML (Premiere Pro, DaVinci Resolve)
timeline.edl     CMX 3600 EDL, picture only
costs.csv        what each step cost

The video has {frames} frames at {fps} frames per second, {width} by {height}. Timecodes start at 00:00:00:00 and are
non-drop at every rate.
Cuts (first frame of each scene): {cuts}

Keep the folders as they are: the timelines refer to the files by relative paths. Where a clip is shorter than its
scene, the timeline has a gap; the composed video fills it as set in the project's options (held, slowed, looped).
The timelines contain cuts and dissolves. Any other transition is a marker at its cut, to be recreated by hand:
{transitions}
"""
# Increase this when the package's files change, so that an older package isn't served as the current one.
_PACKAGE_VERSION = 2


def project_export(*, by: User, project_id: UUID, idempotency: Idempotency | None = None) -> Job:
    """Start packing the project's current state. Raises InputError when a clip is missing."""
    with transaction.atomic():
        project = project_get(by=by, project_id=project_id)
        planned = project_plan(project)
        return job_create(
            by=by,
            new=NewJob(
                kind=Kind.EXPORT,
                parameters=ExportParameters(
                    project_id=project.pk,
                    plan=planned.plan,
                    fingerprint=planned.plan.fingerprint,
                    package_version=_PACKAGE_VERSION,
                ),
                project_id=project.pk,
                dedupe_key=f"export:{project.pk}",
            ),
            idempotency=idempotency,
        )


def latest_export(project: Project) -> Asset | None:
    """Return the package of the project's current state, or None if it hasn't been created."""
    fingerprint = project_plan(project).plan.fingerprint
    jobs = Job.objects.filter(project_id=project.pk, kind=Kind.EXPORT, state=State.SUCCEEDED)
    same = jobs.filter(parameters__fingerprint=fingerprint, parameters__package_version=_PACKAGE_VERSION)
    job = same.order_by("-created_at").first()
    return Asset.objects.filter(pk=job.result.get("archive_id")).first() if job else None


def export_get(*, by: User, project_id: UUID) -> Asset:
    """Return the package of the project's current state. Raises ConflictError if it has to be packed first."""
    project = project_get(by=by, project_id=project_id)
    if archive := latest_export(project):
        return archive
    packing = live_jobs(project_id).filter(kind=Kind.EXPORT).first()
    if packing is not None:
        raise ConflictError(
            "The package is still being created. Try again when its job is done.",
            code="export_in_progress",
            errors={"job": f"/api/jobs/{packing.pk}"},
        )
    raise ConflictError(
        "There is no up-to-date package. Create it first.",
        code="export_not_packed",
    )


def export_run(run: JobRun) -> Done:
    """Create the package. The zip is written file by file, never held in memory."""
    parameters = run.read(ExportParameters)
    project = Project.objects.select_related("song__asset", "song__stem").get(pk=parameters.project_id)
    archive = run.scratch / "export.zip"
    with ExitStack() as files:
        _pack(run, project, parameters.plan, archive, files)
    stored = file_store(
        archive, key=final_file_key(project.pk, f"export-{run.job.pk}.zip"), content_type="application/zip"
    )
    name = f"{safe_name(project.title, fallback='project')}.zip"
    return Done(save=partial(_save, run, stored, name))


def _save(run: JobRun, stored: StoredFile, name: str) -> PackageResult:
    asset = asset_create(owner=run.job.owner, stored=stored, kind=AssetKind.ARCHIVE, original_name=name)
    url = f"/api/assets/{asset.pk}/content"
    return PackageResult(archive_id=asset.pk, archive_url=url, bytes=asset.size_bytes)


def _pack(run: JobRun, project: Project, plan: FrozenPlan, archive: Path, files: ExitStack) -> None:
    assets = Asset.objects.in_bulk([shot.asset_id for shot in plan.shots])
    clips = {
        place: _handed_file(assets[shot.asset_id], f"clips/scene_{shot.sequence or place + 1:03d}")
        for place, shot in enumerate(plan.shots)
    }
    song = _handed_file(project.song.asset, "song/song") if project.song else None
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED, allowZip64=True) as package:
        for place, shot in enumerate(plan.shots):
            run.progress(90 * place / len(plan.shots), f"Packing clip {place + 1} of {len(plan.shots)}")
            package.write(
                files.enter_context(asset_local_copy(assets[shot.asset_id], check=run.check)), clips[place].name
            )
        if project.song and song:
            package.write(files.enter_context(asset_local_copy(project.song.asset, check=run.check)), song.name)
            if stem := project.song.stem:
                stem_name = _handed_file(stem, "song/vocals").name
                package.write(files.enter_context(asset_local_copy(stem, check=run.check)), stem_name)
        edit = edit_of(plan, clips, song)
        for path in write_timelines(edit, run.scratch):
            package.write(path, path.name)
        if plan.soft_lyrics:
            package.writestr("lyrics.srt", plan.soft_lyrics)
        words = Lyrics.objects.filter(project=project).first()
        if words:
            package.writestr(f"lyrics_{safe_name(words.original_name, fallback='original.txt')}", words.text)
        package.writestr("costs.csv", _costs(project))
        package.writestr("README.txt", _readme(edit))


def _handed_file(asset: Asset, stem: str) -> HandedFile:
    return HandedFile(f"{stem}{PurePosixPath(asset.key).suffix}", asset_facts(asset))


def _costs(project: Project) -> str:
    """Return a CSV with a row for each of the project's jobs, and the total."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(["made_at", "kind", "scene", "provider", "state", "quoted_usd", "cost_usd"])
    sequences = dict(project.scenes.values_list("pk", "sequence"))
    jobs: Sequence[Job] = list(Job.objects.filter(project_id=project.pk).order_by("created_at"))
    for job in jobs:
        scene = sequences.get(job.scene_id, "") if job.scene_id else ""
        writer.writerow(
            [job.created_at.isoformat(), job.kind, scene, job.provider, job.state, job.quoted_cost, job.cost]
        )
    writer.writerow(["", "", "", "", "total", "", sum((job.cost for job in jobs if job.cost), start=0)])
    return sheet.getvalue()


def _readme(edit: Edit) -> str:
    return _README.format(
        title=edit.title,
        frames=edit.frames,
        fps=edit.fps,
        width=edit.width,
        height=edit.height,
        cuts=", ".join(str(event.record_in) for event in edit.events),
        transitions="\n".join(f"{edit.timecode(note.frame)}  {note.text}" for note in edit.notes) or "(none)",
    )
