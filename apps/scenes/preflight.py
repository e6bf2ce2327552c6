"""What workers found in the files of a lip-sync, for pages and API calls. Nothing here opens a file: unchecked ones get
a job."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.core.errors import ConflictError
from apps.jobs.kinds import Kind
from apps.jobs.models import ACTIVE_STATES, Job
from apps.jobs.selectors import WAIT_STEP_SECONDS
from apps.jobs.services import NewJob, job_create
from apps.jobs.states import State
from apps.scenes.models import LipsyncLook
from apps.scenes.parameters import PreflightParameters
from apps.songs.models import Song
from apps.songs.sung import SungMap, sung_map
from apps.work.frozen import FrozenRequest, InputSource, LipsyncValues
from apps.work.work import Work
from engines.draft.lipsync.findings import HeardVoice, VoiceCheck
from engines.faces.found import ClipFaces
from engines.faces.verdict import FaceCheck, Finding, face_check

# A failed pre-flight is reported for this long; a later request starts another.
FAILURE_TOLD_SECONDS = 60


@dataclass(frozen=True)
class CopingModel:
    """A model that copes with a finding, and what it would charge in US dollars (None: unknown)."""

    provider: str
    model: str
    title: str
    price: Decimal | None


@dataclass(frozen=True)
class LipsyncCheck:
    """`problems` are sentences; none means go ahead. `frame_seconds` is the moment of the clip that shows the
    finding. A part that couldn't be checked is None and has its own sentence. `findings` tell what was found in the
    clip one by one, problems and others; `advice` which models cope with them."""

    video_id: UUID | None
    face: FaceCheck | None
    voice: VoiceCheck | None
    problems: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    advice: Mapping[str, tuple[CopingModel, ...]] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        return not self.problems

    @property
    def frame_seconds(self) -> float | None:
        return self.face.seconds if self.face else None

    @property
    def frame_url(self) -> str | None:
        """Return the clip's URL at that moment."""
        return None if self.face is None else self.url_at(self.face.seconds)

    def url_at(self, seconds: float) -> str:
        """Return the clip's URL at a moment, as a media fragment that players understand."""
        return f"/api/mv/get_video/{self.video_id}#t={seconds:.3f}"

    def models_for(self, finding: Finding) -> tuple[CopingModel, ...]:
        return self.advice.get(finding.kind, ()) if finding.problem else ()


@dataclass(frozen=True)
class Preflight:
    """What is known about some files, keyed by asset: `rows` of checked ones, `stems` that are isolated vocals, `songs`
    of which it is known where somebody sings, and for unchecked ones the job that is checking them or failed to
    recently."""

    rows: Mapping[UUID, LipsyncLook]
    stems: frozenset[UUID]
    jobs: Mapping[UUID, Job]
    songs: Mapping[UUID, SungMap] = field(default_factory=dict)

    @property
    def open_jobs(self) -> list[Job]:
        return [job for asset_id, job in self.jobs.items() if job.is_live and asset_id not in self.rows]

    def check(self, frozen: FrozenRequest, *, copes_with: Sequence[str] = ()) -> LipsyncCheck | None:
        """Return what suggests that this lip-sync won't work; None while either of its files is unchecked.

        What the model copes with is no problem."""
        inputs = frozen.inputs
        problems = [self._problem(inputs[name].asset_id) for name in ("video", "audio")]
        if None in problems:
            return None
        video_id, audio = inputs["video"].asset_id, inputs["audio"]
        face = self._face(video_id, frozen)
        findings = tuple(
            replace(finding, problem=finding.problem and finding.kind not in copes_with)
            for finding in (face.findings if face else ())
        )
        voice = self._voice(audio)
        found = [finding.sentence for finding in findings if finding.problem]
        found += voice.problems if voice else ()
        told = [f"It couldn't be checked: {problem}" for problem in problems if problem]
        return LipsyncCheck(
            video_id, face=face, voice=voice, problems=(*found, *dict.fromkeys(told)), findings=findings
        )

    def _problem(self, asset_id: UUID | None) -> str | None:
        """Return why the file couldn't be checked; "" if it was, None if nothing has tried yet."""
        if row := self.rows.get(asset_id):  # type: ignore[arg-type]
            return str(row.problem)
        job = self.jobs.get(asset_id)  # type: ignore[arg-type]
        if job is None or job.is_live:
            return None
        return job.error or "The pre-flight was cancelled."

    def _face(self, asset_id: UUID | None, frozen: FrozenRequest) -> FaceCheck | None:
        row = self.rows.get(asset_id)  # type: ignore[arg-type]
        if row is None or not row.found:
            return None
        chosen = frozen.values.face if isinstance(frozen.values, LipsyncValues) else None
        place = (chosen.time, chosen.x, chosen.y) if chosen else None
        return face_check(ClipFaces.from_json(row.found), chosen=place)

    def _voice(self, audio: InputSource) -> VoiceCheck | None:
        row = self.rows.get(audio.asset_id)  # type: ignore[arg-type]
        if row is None or not row.found:
            return None
        heard = HeardVoice(audible=tuple(row.found["audible"]), likely=tuple(row.found["likely"]))
        start = audio.start_seconds or 0.0
        end = len(heard.likely) if audio.end_seconds is None else audio.end_seconds
        song = self.songs.get(audio.asset_id)  # type: ignore[arg-type]
        if song is None or audio.asset_id in self.stems:
            return heard.check(start_seconds=start, end_seconds=end, alone=audio.asset_id in self.stems)
        heard = replace(heard, likely=(float(song.performed(start, end)),) * len(heard.likely))
        return replace(heard.check(start_seconds=start, end_seconds=end, alone=False), share=song.share(start, end))


@dataclass(frozen=True)
class NewPreflight:
    """What was found in one file, not saved yet."""

    found: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    frames: Mapping[str, str] = field(default_factory=dict)


def preflight_of(*, by: User, works: Sequence[Work]) -> Preflight:
    """Return what is known about the files of these lip-syncs."""
    assets = files_of(work.frozen.inputs for work in works)
    # Read before the rows, so that a job that ends in between is found by its row.
    jobs = _jobs_at(by, assets)
    return Preflight(rows=rows_of(assets), stems=stems_among(assets), jobs=jobs, songs=songs_among(assets))


def preflight_start(*, by: User, works: Sequence[Work]) -> Preflight:
    """Start a job for each unchecked file, then return what is known."""
    preflight = preflight_of(by=by, works=works)
    missing = files_of(work.frozen.inputs for work in works) - preflight.rows.keys() - preflight.jobs.keys()
    with transaction.atomic():
        started = {asset_id: _start(by, asset_id) for asset_id in sorted(missing)}
    return replace(preflight, jobs={**preflight.jobs, **started})


def clip_look(*, by: User, asset: Asset) -> tuple[LipsyncLook | None, Job | None]:
    """Return what was seen in a clip, or the job that looks at it (started if there is none) or failed to lately."""
    job = _jobs_at(by, {asset.pk}).get(asset.pk)
    row = rows_of({asset.pk}).get(asset.pk)
    if row is None and job is None:
        with transaction.atomic():
            job = _start(by, asset.pk)
    return row, job


def preflight_await(preflight: Preflight, *, by: User, works: Sequence[Work], seconds: float) -> Preflight:
    """Return what is known once every file is checked, or after `seconds`. Blocks a web thread."""
    ends_at = time.monotonic() + seconds
    while preflight.open_jobs and time.monotonic() < ends_at:
        time.sleep(WAIT_STEP_SECONDS)
        preflight = preflight_of(by=by, works=works)
    return preflight


def preflight_save(asset: Asset, new: NewPreflight) -> LipsyncLook:
    """Save what was found and return its row, or the existing row if two workers checked the file at once."""
    values = {"found": new.found, "problem": new.problem, "frames": dict(new.frames)}
    row, _ = LipsyncLook.objects.get_or_create(asset=asset, defaults=values)
    return row


def files_of(requests: Iterable[Mapping[str, InputSource]]) -> set[UUID]:
    """Return the clips and sounds of lip-syncs by asset."""
    sources = (inputs[name] for inputs in requests for name in ("video", "audio"))
    return {source.asset_id for source in sources if source.asset_id}


def rows_of(assets: set[UUID]) -> Mapping[UUID, LipsyncLook]:
    return {row.pk: row for row in LipsyncLook.objects.filter(pk__in=assets).defer("frames")}


def stems_among(assets: set[UUID]) -> frozenset[UUID]:
    return frozenset(Song.objects.filter(stem__in=assets).values_list("stem", flat=True))


def songs_among(assets: set[UUID]) -> Mapping[UUID, SungMap]:
    """Return the maps of the songs that know whether somebody sings."""
    maps = {song.asset_id: sung_map(song) for song in Song.objects.filter(asset__in=assets)}
    return {asset_id: found for asset_id, found in maps.items() if found is not None and found.sings is not None}


def _start(by: User, asset_id: UUID) -> Job:
    new = NewJob(
        kind=Kind.LIPSYNC_PREFLIGHT, parameters=PreflightParameters(asset_id=asset_id), dedupe_key=_key(asset_id)
    )
    try:
        return job_create(by=by, new=new)
    except ConflictError:
        # Another request has just started it.
        return Job.objects.filter(dedupe_key=new.dedupe_key).latest("created_at")


def _jobs_at(by: User, assets: set[UUID]) -> Mapping[UUID, Job]:
    """Return the newest job for each file that is running, or failed recently."""
    keys = {_key(asset_id): asset_id for asset_id in assets}
    lately = timezone.now() - timedelta(seconds=FAILURE_TOLD_SECONDS)
    told = Q(state__in=(State.FAILED, State.CANCELLED), finished_at__gte=lately)
    jobs = Job.objects.filter(
        told | Q(state__in=ACTIVE_STATES), owner=by, kind=Kind.LIPSYNC_PREFLIGHT, dedupe_key__in=keys
    )
    return {keys[job.dedupe_key]: job for job in jobs.order_by("created_at")}


def _key(asset_id: UUID) -> str:
    return f"lipsync_look:{asset_id}"
