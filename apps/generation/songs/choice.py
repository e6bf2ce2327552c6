"""Which provider works on a song, and starting its work."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.assets.models import Asset
from apps.core.errors import ConflictError
from apps.flavors.registry import flavor_provider
from apps.generation.songs.parameters import SongWorkParameters
from apps.jobs.idempotency import Idempotency, idempotent_job
from apps.jobs.kinds import Kind
from apps.jobs.models import Job
from apps.providers.capabilities import Capability
from apps.providers.registry import providers_for
from apps.songs.models import Song
from apps.songs.selectors import song_get
from apps.work.choice import Choice, Picked, provider_choose
from apps.work.frozen import FrozenRequest, InputSource, TranscriptionValues, VocalsValues
from apps.work.work import Spending, Work, spending_check, work_prepare, work_start

# Leaves the choice to the flavor.
NOTHING_PICKED = Picked()


@dataclass(frozen=True)
class SongCall:
    """How paid work on a song is asked for."""

    spending: Spending
    picked: Picked = NOTHING_PICKED
    flavor: str = ""
    project_id: UUID | None = None
    idempotency: Idempotency | None = None


def song_choice(capability: Capability, picked: Picked, *, flavor: str) -> Choice:
    """Choose the provider: the one picked, else the flavor's, else the first that is set up. Raises InputError as
    `provider_choose` does."""
    if not picked:
        usual = flavor_provider(flavor, capability)
        able = sorted(providers_for(capability), key=lambda provider: provider.name != usual)
        picked = Picked(next((provider.name for provider in able if provider.configured()), ""))
    return provider_choose(capability, flavor=flavor, picks=(picked,))


def song_work(
    *, by: User, kind: Kind, song: Song, sound: Asset, values: TranscriptionValues | VocalsValues, choice: Choice
) -> Work:
    """Quote work on the song's `sound`. Raises ConflictError while its length isn't known."""
    if sound.duration_seconds is None:
        raise ConflictError("The song is still being processed. Try again in a moment.", code="song_not_ready")
    frozen = FrozenRequest.of(values, {"audio": InputSource(asset_id=sound.pk)})
    parameters = SongWorkParameters(frozen=frozen, song_id=song.pk)
    return work_prepare(by=by, kind=kind, parameters=parameters, choice=choice)


def song_work_start(quoted: Callable[[Song], Work], *, by: User, audio_id: UUID, call: SongCall) -> Job:
    """Create the job of the quoted work, or return the one that the same call created before.

    Of each kind, one at a time works on a song. Raises what `quoted` does, NotFound, BudgetExceeded, ConflictError."""
    if earlier := idempotent_job(by=by, idempotency=call.idempotency):
        return earlier
    song = song_get(by=by, audio_id=audio_id)
    work = quoted(song)
    spending_check(work.quote.amount, call.spending)
    with transaction.atomic(durable=True):
        return work_start(
            by=by,
            work=work,
            project_id=call.project_id,
            dedupe_key=f"{work.kind}:{song.pk}",
            idempotency=call.idempotency,
        )
