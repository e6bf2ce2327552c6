"""The sample of the empty start page: a short song of the studio's own becomes a film while its maker watches.

Everything is made by the free draft, whatever the flavor says, so that it needs no key and costs nothing.
"""

import structlog
from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import ConflictError
from apps.production.generate_all import generate_all_start
from apps.projects.models import Pace, Project
from apps.projects.services import project_create
from apps.providers.registry import built_in_provider
from apps.songs.sample import FILE_NAME, sample_song_create, sample_song_of, sample_song_store
from apps.work.choice import CHOSEN_FOR
from apps.work.work import Spending

log = structlog.get_logger(__name__)

TITLE = "Sample: Paper Lanterns"
IDEA = (
    "A girl walks through a city at night in the rain. She carries a lantern across a bridge, runs up a hill "
    "and sees the sea at sunrise"
)
CHARACTER = "Mara, a girl with short black hair in a yellow raincoat"


def sample_start(*, by: User) -> Project:
    """Return the user's sample, which is being made from now on; the one that exists, if there is one.

    A sample that was stopped or failed goes on. Two clicks make one project."""
    project = sample_of(by) or _sample_create(by)
    if project.final_video_id is None and not project.generating:
        project = generate_all_start(by=by, project_id=project.pk, spending=Spending())
    return project


def sample_of(user: User) -> Project | None:
    """Return the user's sample; None if they have none, or gave it another name to keep it."""
    found = Project.objects.filter(owner=user, title=TITLE, song__asset__original_name=FILE_NAME)
    return found.order_by("created_at").first()


def _sample_create(by: User) -> Project:
    # Whoever comes second leaves a file without a row, which the sweep removes.
    stored = None if sample_song_of(by) else sample_song_store(by=by)
    with transaction.atomic(durable=True):
        # Rows that refer to the user are still created meanwhile.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        if existing := sample_of(by):
            return existing
        song = sample_song_of(by)
        if song is None:
            if stored is None:  # deleted a moment ago
                raise ConflictError("The sample's song was deleted just now. Click again.")
            song = sample_song_create(by=by, stored=stored)
        project = project_create(
            by=by,
            title=TITLE,
            idea=IDEA,
            character_description=CHARACTER,
            audio_id=song.asset_id,
            pace=Pace.FAST,
            providers=dict.fromkeys(CHOSEN_FOR, built_in_provider().name),
        )
    log.info("sample_created", project_id=str(project.pk), user_id=by.pk)
    return project
