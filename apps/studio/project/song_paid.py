"""Paid work on a song as its page offers it: what it costs, or why it can't be had."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict

from apps.accounts.models import User
from apps.core.errors import ConflictError, InputError
from apps.generation.songs.choice import SongCall
from apps.generation.songs.transcription import transcription_start, transcription_work
from apps.generation.songs.vocals import vocals_start, vocals_work
from apps.jobs.models import Job
from apps.projects.models import Project
from apps.providers.registry import provider_label
from apps.songs.models import Song
from apps.studio.pages.acting import price_shown
from apps.studio.templatetags.studio import money
from apps.work.work import Spending, Work


@dataclass(frozen=True)
class PaidOffer:
    """`amount` in US dollars is None if it can't be had; `problem` says why, `missing` that no service is set up."""

    amount: Decimal | None = None
    basis: str = ""
    provider: str = ""
    problem: str = ""
    missing: bool = False

    @property
    def price(self) -> str:
        """Return the amount in words: a server of one's own may cost nothing."""
        return money(self.amount) if self.amount else "free"


def hearing_offer(by: User, project: Project, song: Song) -> PaidOffer:
    """Return what having the song's words heard costs."""
    return _offer(lambda: transcription_work(by=by, audio_id=song.asset_id, flavor=project.flavor))


def vocals_offer(by: User, project: Project, song: Song) -> PaidOffer:
    """Return what separating the song's vocals costs."""
    return _offer(lambda: vocals_work(by=by, audio_id=song.asset_id, flavor=project.flavor))


def hearing_start(by: User, project: Project, song: Song, sent: QueryDict) -> Job:
    """Start hearing the words for at most the price shown. Raises BudgetExceeded if it costs more now."""
    return transcription_start(by=by, audio_id=song.asset_id, call=_call(project, sent))


def vocals_separate(by: User, project: Project, song: Song, sent: QueryDict) -> Job:
    """Start separating the vocals for at most the price shown. Raises BudgetExceeded if it costs more now."""
    return vocals_start(by=by, audio_id=song.asset_id, call=_call(project, sent))


def _call(project: Project, sent: QueryDict) -> SongCall:
    """The button shows the price, so that pressing it confirms it."""
    spending = Spending(project.confirm_above, confirmed=True, max_cost=price_shown(sent))
    return SongCall(spending, flavor=project.flavor, project_id=project.pk)


def _offer(quoted: Callable[[], Work]) -> PaidOffer:
    try:
        work = quoted()
    except (InputError, ConflictError) as error:
        return PaidOffer(problem=error.message, missing=error.code == "not_configured")
    return PaidOffer(work.quote.amount, work.quote.basis, provider_label(work.choice.provider.name))
