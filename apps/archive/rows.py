"""Convert database rows to lines of JSON and back without loss: times keep their microseconds."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group
from django.core import serializers
from django.core.exceptions import FieldDoesNotExist
from django.core.serializers.base import DeserializedObject
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import AutoField, Model

from apps.assets.models import Asset
from apps.composition.models import Composition, Cover, Lyrics, Output, ProjectLook, SceneLook
from apps.core.errors import InputError
from apps.jobs.models import Job, JobEvent, LedgerEntry, RemoteRun, SpendingAccount
from apps.projects.models import Project, Subject, SubjectPicture
from apps.scenes.models import Change, Clip, Scene, SceneSubject
from apps.songs.models import Song, SongLyrics

# Our apps, lowest first; the order of the lines.
APPS = ("accounts", "flavors", "assets", "jobs", "songs", "projects", "scenes", "composition", "pro")
OWNER_MARK = "(owner)"
# Where a file is stored depends on the installation.
PLACE_FIELDS = (
    *("stored_in", "media_folder", "etag", "verified_at", "link_expires_at"),
    *("upload_pending", "upload_attempts", "upload_error", "next_upload_at"),
)
ASSET_LABEL = "assets.asset"
# Everything a project's archive may contain. Accounts, tokens, groups and flavors belong to an installation.
PROJECT_MODELS: dict[str, type[Model]] = {
    model._meta.label_lower: model
    for model in (
        *(Asset, Job, JobEvent, RemoteRun, SpendingAccount, LedgerEntry, Song, Project, Scene, Clip, Change),
        *(Output, Composition, Cover, SceneLook, ProjectLook, Lyrics, SongLyrics),
        *(Subject, SubjectPicture, SceneSubject),
    )
}
# Values that are never imported, by model: an import must not start work, match another request of the new owner,
# or count against accounts that happen to have the same numbers here.
FORCED: dict[str, dict[str, Any]] = {
    Job._meta.label_lower: {
        **dict.fromkeys(("idempotency_key", "idempotency_fingerprint", "dedupe_key"), ""),
        "imported_at": None,
        "parent": None,
    },
    LedgerEntry._meta.label_lower: {"scopes": []},
    Project._meta.label_lower: {"generating": False},
    Subject._meta.label_lower: {"copied_from": None},
}


def row_lines(rows: Iterable[Model], *, portable: bool) -> Iterator[str]:
    """Yield one line per row, without line endings.

    With `portable`, users become a placeholder for whoever imports, and ids numbered by the database are left
    out, since they mean other rows elsewhere. Without it, everything is kept for a restore.
    """
    for row in rows:
        # Each installation numbers permissions itself, so accounts refer to them by name.
        by_name = isinstance(row, AbstractBaseUser | Group)
        (line,) = serializers.serialize("python", [row], use_natural_foreign_keys=by_name)
        if line["model"] == ASSET_LABEL:
            for name in PLACE_FIELDS:
                del line["fields"][name]
        if portable:
            _make_portable(row, line)
        yield json.dumps(line, default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _make_portable(row: Model, line: dict[str, Any]) -> None:
    for field in row._meta.concrete_fields:
        if field.related_model is get_user_model() and line["fields"].get(field.name) is not None:
            line["fields"][field.name] = OWNER_MARK
    line["fields"] |= FORCED.get(line["model"], {})
    if isinstance(row._meta.pk, AutoField):
        del line["pk"]


def field_names(model: type[Model]) -> set[str]:
    """Return the fields that a line of this model has."""
    names = {field.name for field in model._meta.local_fields if not field.primary_key}
    return names - set(PLACE_FIELDS) if model is Asset else names


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} can't be written to an archive.")


def row_read(line: bytes) -> DeserializedObject:
    """Return the unsaved row of a backup's line. Raises InputError for a model that isn't ours."""
    try:
        data = json.loads(line)
        if apps.get_model(data["model"])._meta.app_label not in (*APPS, "auth"):
            raise InputError(f"The archive contains rows of {data['model']}, which do not belong in it.")
        (row,) = serializers.deserialize("python", [data])
    except (ValueError, LookupError, TypeError, FieldDoesNotExist, serializers.base.DeserializationError) as error:
        raise InputError("A row of the archive can't be read.", evidence={"error": str(error)}) from error
    return row


def schema_state() -> dict[str, str]:
    """Return the latest migration of each of our apps. Rows fit only where these are the same."""
    applied = MigrationRecorder(connection).applied_migrations()
    names = {app: [name for label, name in applied if label == app] for app in APPS}
    return {app: max(found) for app, found in names.items() if found}
