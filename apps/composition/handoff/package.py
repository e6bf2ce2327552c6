"""The editor's package: clips, song, lyrics, timelines, costs and a README in one zip."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path, PurePosixPath
from uuid import UUID

from apps.assets.describing import asset_facts
from apps.assets.models import Asset, AssetKind
from apps.assets.services import StoredFile, asset_create, asset_local_copy, file_store
from apps.assets.store.keys import final_file_key, safe_name
from apps.composition.caption_files import caption_sidecar
from apps.composition.captions import readable_words
from apps.composition.frozen import FrozenPlan
from apps.composition.handoff.edit import Edit, HandedFile, edit_of
from apps.composition.handoff.export import project_markers
from apps.composition.handoff.timelines import write_timelines
from apps.composition.models import Lyrics
from apps.composition.parameters import ExportParameters
from apps.composition.planning import project_look
from apps.composition.results import PackageResult, PackedFile
from apps.jobs.execution import Done, JobRun
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.songs.lyrics.files import FORMS

_README = """{title}

Made with mvsite. Everything you need to continue in editing software:

clips/           the clip of each scene, named by scene; one that several scenes use is named by the first
song/            the song, and its vocal stem if there is one
lyrics.*         the lyrics, timed to the video, if there are any: SRT, VTT and LRC for players and editors, ASS as they
                 are burned in (in Noto Sans)
timeline.otio    OpenTimelineIO (DaVinci Resolve, Kdenlive, Nuke)
timeline.xml     Final Cut Pro 7 XML (Premiere Pro, DaVinci Resolve)
timeline.edl     CMX 3600 EDL, picture only, without markers
costs.csv        what each step cost

The video has {frames} frames at {fps} frames per second, {width} by {height}. Its first frame has the timecode {start};
timecodes are non-drop at every rate. Set up the project for that rate and start before importing the EDL.
Cuts (first frame of each scene, counted from 0): {cuts}

{song}

Keep the folders as they are: the timelines refer to the files by relative paths. If your software asks where a clip is,
show it the clips folder. Where a clip is shorter than its scene, the timeline has a gap; the composed video fills it
as set in the project's options (held, slowed, looped). Clip sound, levels, fades and cropping aren't in the timelines.
The timelines contain cuts and dissolves. Any other transition is a marker at its cut, to be recreated by hand:
{transitions}
"""


def export_run(run: JobRun) -> Done:
    """Create the package. The zip is written file by file, never held in memory."""
    parameters = run.read(ExportParameters)
    project = Project.objects.select_related("song__asset", "song__stem").get(pk=parameters.project_id)
    archive = run.scratch / "export.zip"
    files = _pack(run, project, parameters, archive)
    stored = file_store(
        archive, key=final_file_key(project.pk, f"export-{run.job.pk}.zip"), content_type="application/zip"
    )
    name = f"{safe_name(project.title, fallback='project')}.zip"
    return Done(save=partial(_save, run, stored, name, files))


def _save(run: JobRun, stored: StoredFile, name: str, files: tuple[PackedFile, ...]) -> PackageResult:
    asset = asset_create(owner=run.job.owner, stored=stored, kind=AssetKind.ARCHIVE, original_name=name)
    url = f"/api/assets/{asset.pk}/content"
    return PackageResult(archive_id=asset.pk, archive_url=url, bytes=asset.size_bytes, files=files)


def _pack(run: JobRun, project: Project, parameters: ExportParameters, archive: Path) -> tuple[PackedFile, ...]:
    """Write the archive; return what is in it."""
    plan = parameters.plan
    assets = Asset.objects.in_bulk([shot.asset_id for shot in plan.shots])
    files = _clip_files(plan, assets)
    song = _handed_file(project.song.asset, "song/song", "SONG") if project.song else None
    # Cached files may be from before 1980, where the format's clock starts.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED, allowZip64=True, strict_timestamps=False) as package:
        for number, (asset_id, file) in enumerate(files.items()):
            run.progress(90 * number / len(files), f"Packing clip {number + 1} of {len(files)}")
            _add(run, package, assets[asset_id], file.name)
        if project.song and song:
            _add(run, package, project.song.asset, song.name)
            if stem := project.song.stem:
                _add(run, package, stem, _handed_file(stem, "song/vocals", "VOCALS").name)
        clips = {place: files[shot.asset_id] for place, shot in enumerate(plan.shots)}
        markers = project_markers(project, plan)
        edit = edit_of(plan, clips, song, options=parameters.options, markers=markers)
        for path in write_timelines(edit, run.scratch):
            package.write(path, path.name)
        _add_words(package, project, plan)
        package.writestr("costs.csv", _costs(project))
        package.writestr("README.txt", _readme(edit, plan))
        return tuple(PackedFile(name=member.filename, bytes=member.file_size) for member in package.infolist())


def _clip_files(plan: FrozenPlan, assets: Mapping[UUID, Asset]) -> dict[UUID, HandedFile]:
    """Return each clip's file once, named by the first scene that uses it."""
    files: dict[UUID, HandedFile] = {}
    for place, shot in enumerate(plan.shots):
        number = f"{shot.sequence or place + 1:03d}"
        if shot.asset_id not in files:
            files[shot.asset_id] = _handed_file(assets[shot.asset_id], f"clips/scene_{number}", f"SC{number}")
    return files


def _handed_file(asset: Asset, stem: str, reel: str) -> HandedFile:
    return HandedFile(f"{stem}{PurePosixPath(asset.key).suffix}", asset_facts(asset), reel)


def _add(run: JobRun, package: zipfile.ZipFile, asset: Asset, name: str) -> None:
    with asset_local_copy(asset, check=run.check) as path:
        package.write(path, name)


def _add_words(package: zipfile.ZipFile, project: Project, plan: FrozenPlan) -> None:
    lines = readable_words(project).within(Fraction(plan.song.start), Fraction(plan.song.end)) if plan.song else ()
    captions, shape = project_look(project).captions, (plan.width, plan.height)
    for form in FORMS if lines else ():
        package.writestr(f"lyrics.{form}", caption_sidecar(lines, form, captions, shape))
    words = Lyrics.objects.filter(project=project).first()
    if words:
        package.writestr(f"lyrics_{safe_name(words.original_name, fallback='original.txt')}", words.text)


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


def _readme(edit: Edit, plan: FrozenPlan) -> str:
    return _README.format(
        title=edit.title,
        frames=edit.frames,
        fps=f"{float(edit.fps):.6g}",
        width=edit.width,
        height=edit.height,
        start=edit.record_code(0),
        cuts=", ".join(str(event.record_in) for event in edit.events),
        song=_song_words(edit, plan),
        transitions="\n".join(f"{edit.record_code(note.frame)}  {note.text}" for note in edit.notes) or "(none)",
    )


def _song_words(edit: Edit, plan: FrozenPlan) -> str:
    """Say where the song starts: the timelines count in frames, the composed video in samples."""
    if not edit.song or not plan.song:
        return "There is no song."
    start = Fraction(plan.song.start)
    late = edit.song.source_in / edit.fps - start
    words = f"The song starts {float(start):.3f} s into its file"
    if not late:
        return f"{words}, which is a whole frame."
    away = f"{abs(float(late)) * 1000:.1f} ms {'later' if late > 0 else 'earlier'} in the file"
    return f"{words}. Timelines count in frames, so theirs start it on the nearest frame: {away}."
