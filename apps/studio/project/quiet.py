"""Whether anything that Edit or Storyboard shows can have changed since the page was answered last.

A quiet poll is told so without computing a card. The page carries a mark: a hash of the rows behind the page, of the
pieces it shows, and of which cards are full. A poll that brings the mark back while all three are the same gets a 204.
What is no row, such as the last day of a model, is looked at again once a mark is old."""

import hashlib
import time
from collections.abc import Collection
from functools import cache
from uuid import UUID

from django.db import connection, models

from apps.catalog.models import ModelCheck
from apps.composition.models import Composition, Cover, Lyrics, Output, ProjectLook, SceneLook
from apps.flavors.models import FlavorEdit
from apps.jobs.models import Job, LedgerEntry, Pause, SpendingAccount
from apps.jobs.money import project_scope
from apps.projects.models import Project, Subject, SubjectPicture
from apps.scenes.models import Clip, Scene, SceneSubject
from apps.songs.models import Song, SongLyrics
from apps.studio.live import MARK

MARKED_PAGES = frozenset({"edit", "quick"})
OLD_SECONDS = 120

_OF_PROJECT = "project_id = %(project)s"
_OF_SCENES = f"scene_id IN (SELECT id FROM {Scene._meta.db_table} WHERE {_OF_PROJECT})"  # noqa: S608 (constants)
_OF_SONG = f"song_id = (SELECT song_id FROM {Project._meta.db_table} WHERE id = %(project)s)"  # noqa: S608
# The rows behind the pages. Files don't change: who shows another one says so in a row of its own.
WATCHED: dict[type[models.Model], str] = {
    Project: "id = %(project)s",
    **dict.fromkeys((Scene, SceneSubject, Job, LedgerEntry, Subject, Output, Composition), _OF_PROJECT),
    **dict.fromkeys((Cover, Lyrics, ProjectLook), _OF_PROJECT),
    **dict.fromkeys((Clip, SceneLook), _OF_SCENES),
    SubjectPicture: f"subject_id IN (SELECT id FROM {Subject._meta.db_table} WHERE {_OF_PROJECT})",  # noqa: S608
    SpendingAccount: "scope = %(scope)s",
    Song: _OF_SONG.replace("song_id =", "id =", 1),
    SongLyrics: _OF_SONG,
    # A few rows each, of all projects.
    FlavorEdit: "true",
    Pause: "true",
    ModelCheck: "true",
}


@cache
def _question() -> str:
    """Return the statement. A changed row is a new one for PostgreSQL: at another place, by another transaction."""
    rows = "SELECT coalesce(sum(hashtext({table}.ctid::text || {table}.xmin::text)), 0) FROM {table} WHERE {where}"
    parts = [rows.format(table=model._meta.db_table, where=where) for model, where in WATCHED.items()]
    return f"SELECT {', '.join(f'({part})' for part in parts)}"


def standing_of(project_id: UUID) -> str:
    """Return what differs once a row behind the project's pages has changed. Ask before you read the rows."""
    with connection.cursor() as cursor:
        cursor.execute(_question(), {"project": project_id, "scope": project_scope(project_id)})
        return str(cursor.fetchone())


def mark_of(standing: str, shown: Collection[str], full: Collection[int]) -> str:
    """Return the mark of a page that shows these pieces (hashes), these cards in full."""
    text = " ".join([standing, *sorted(shown), *map(str, sorted(full))])
    return f"{MARK}{int(time.time())}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def is_quiet(standing: str, held: Collection[str], full: Collection[int]) -> bool:
    """Return whether a page that holds these hashes, a mark among them, shows everything as it is."""
    return not is_news(mark_of(standing, [one for one in held if not one.startswith(MARK)], full), held)


def is_news(mark: str, held: Collection[str]) -> bool:
    """Return whether a page that holds these hashes needs this mark: its own is another one, or old."""
    began, digest = _parts(mark)
    known = [_parts(one) for one in held if one.startswith(MARK)]
    return not any(digest == other and 0 <= began - at < OLD_SECONDS for at, other in known)


def _parts(mark: str) -> tuple[int, str]:
    """Return when a mark was made, and of what; a page may send anything."""
    began, _, digest = mark.removeprefix(MARK).partition("-")
    return int(began) if began.isascii() and began.isdigit() and len(began) < 12 else -OLD_SECONDS, digest
