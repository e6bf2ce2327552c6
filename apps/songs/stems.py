"""Use cases of a song's vocal stem: the vocals alone, which lip-sync uses instead of the mix.

The web process only stores an uploaded stem. A job listens to it and, if it is as long as the song, makes it the
song's; until then, the song keeps the stem it has.
"""

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.services import asset_create, asset_delete, upload_store
from apps.assets.uploading.uploads import upload_received
from apps.core.errors import ConflictError
from apps.jobs.idempotency import Idempotency, idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.jobs.services import NewJob, job_create
from apps.jobs.states import ACTIVE
from apps.songs.formats import container_checked
from apps.songs.models import Song
from apps.songs.parameters import StemParameters
from apps.songs.selectors import song_get


def song_stem_upload(
    *, by: User, audio_id: UUID, upload: "UploadedFile[Any]", idempotency: Idempotency | None = None
) -> Job:
    """Store a vocal stem, and start the job that checks it and makes it the song's.

    Raises InputError for a file that isn't audio, ConflictError while another stem of the song is being checked.
    """
    if earlier := idempotent_job(by=by, idempotency=idempotency):
        return earlier
    song = song_get(by=by, audio_id=audio_id)
    # Found out before the file is stored. Two uploads at once are told apart by the job's dedupe key.
    refuse_second_stem(song)
    with upload_received(upload, AssetKind.AUDIO) as received:
        container_checked(received.facts)
        stored = upload_store(by=by, received=received, kind=AssetKind.AUDIO)
    with transaction.atomic(durable=True):
        left_over = list(_waiting_files(song))
        asset = asset_create(owner=by, stored=stored, kind=AssetKind.AUDIO, original_name=upload.name or "")
        new = NewJob(
            kind=Kind.STEM,
            parameters=StemParameters(song_id=song.pk, asset_id=asset.pk),
            dedupe_key=f"stem:{song.pk}",
        )
        job = job_create(by=by, new=new, idempotency=idempotency)
        for waiting in left_over:  # of jobs that failed or were cancelled
            asset_delete(by=by, asset=waiting)
        return job


def refuse_second_stem(song: Song) -> None:
    """Raise ConflictError while a stem of the song is being made or checked."""
    if stem_jobs(song).filter(state__in=ACTIVE).exists():
        raise ConflictError(
            "A vocal stem of this song is already in progress. Wait for it to finish, or cancel it first.",
            code="already_running",
        )


def stem_jobs(song: Song) -> "QuerySet[Job]":
    """Return the jobs that made or checked a stem of the song, newest first."""
    jobs = Job.objects.filter(owner=song.owner_id, kind=Kind.STEM, parameters__song_id=str(song.pk))
    # An imported job's parameters are another installation's word; they name no file here.
    return jobs.filter(imported_at=None).order_by("-created_at")


def stem_files(song: Song) -> list[Asset]:
    """Return the song's stem and the uploads that never became one."""
    return [*([song.stem] if song.stem else []), *_waiting_files(song)]


def _waiting_files(song: Song) -> "QuerySet[Asset]":
    named = stem_jobs(song).values_list("parameters__asset_id", flat=True)
    mine = Asset.objects.filter(owner=song.owner_id, kind=AssetKind.AUDIO, pk__in=list(named))
    return mine.exclude(Q(pk=song.stem_id) | Q(song__isnull=False))
