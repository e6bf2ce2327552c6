"""Check all rows of a project's archive together: they must form one whole project and touch nothing else here."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.serializers.base import DeserializedObject
from django.db.models import AutoField, Model
from django.utils import timezone
from pydantic import ValidationError

from apps.accounts.models import User
from apps.archive.container import MEDIA_PREFIX, ROWS
from apps.archive.reading import ArchiveReader
from apps.archive.row_fields import RowRefused, refused, row_of_project, row_parse, values_in
from apps.assets.models import Asset
from apps.assets.store.keys import key_checked, main_asset_id
from apps.composition.frozen import FrozenPlan
from apps.composition.models import Composition, Output
from apps.core.errors import ConflictError, InputError
from apps.jobs.models import Job, LedgerEntry, LedgerKind, RemoteRun, RunStatus, SpendingAccount
from apps.jobs.money import project_scope
from apps.jobs.states import FINISHED
from apps.projects.models import Project, Subject, SubjectPicture
from apps.scenes.models import Clip, Scene
from apps.songs.models import Song

ROW_LIMIT = 200_000
# With or without hyphens, since code that reads the JSON accepts both as an id.
UUID_PATTERN = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
UUID_BATCH = 5000
# How to find the owner of what an id may name.
OWNERS: tuple[tuple[type[Model], str], ...] = (
    *((model, "owner") for model in (Asset, Job, Song, Project)),
    *((model, "project__owner") for model in (Scene, Output, Composition)),
    (Subject, "owner"),
    (SubjectPicture, "subject__owner"),
    (Clip, "scene__project__owner"),
)
# What opens a reservation and what ends it; other movements don't affect it.
RESERVING = {LedgerKind.RESERVE: 1, LedgerKind.SETTLE: -1, LedgerKind.RELEASE: -1}
# Rows that two projects of the same owner may share.
SHARED = (Asset, Job, Song)
SETTLED_RUNS = {RunStatus.NOT_ACCEPTED, RunStatus.COLLECTED, RunStatus.FAILED, RunStatus.CANCELLED}
# Nothing a browser would execute: no HTML, scripts or SVG.
MEDIA_TYPE_PATTERN = re.compile(r"(audio|video|image)/(?!svg)[a-z0-9.-]{1,60}")
PLAIN_TYPES = {"application/json", "application/zip", "application/octet-stream"}

Name = tuple[str, str]


def row_unsettled(row: Model) -> str:
    """Return why work on this row isn't finished, as a sentence, or "". Two installations would both continue it."""
    if isinstance(row, Job) and row.state not in FINISHED:
        return "Jobs of this project are still running or waiting for a decision."
    if isinstance(row, RemoteRun) and row.status not in SETTLED_RUNS and not _written_off(row):
        return "A provider is still working for this project, or the outcome of its work is unknown."
    return ""


def _written_off(run: RemoteRun) -> bool:
    return run.status in {RunStatus.SUBMITTING, RunStatus.UNKNOWN} and run.finished_at is not None


@dataclass
class ProjectRows:
    """The checked rows of an open archive. `here` lists those the new owner already has."""

    reader: ArchiveReader
    owner: User
    names: set[Name] = field(default_factory=set)
    here: set[Name] = field(default_factory=set)
    references: set[Name] = field(default_factory=set)
    media: set[str] = field(default_factory=set)
    reserved: dict[tuple[UUID, int], int] = field(default_factory=dict)
    sequences: list[int] = field(default_factory=list)
    ids: set[UUID] = field(default_factory=set)

    @property
    def project_id(self) -> UUID:
        if self.reader.manifest.project_id is None:
            raise self._refusal("it does not name a project")
        return self.reader.manifest.project_id

    def to_insert(self) -> Iterator[DeserializedObject]:
        """Yield the rows that don't exist here yet. They are read again, so that they are never all in memory."""
        now = timezone.now()
        for number, line in enumerate(self.reader.lines(), start=1):
            try:
                row = row_of_project(row_parse(line), owner_id=self.owner.pk)
            except RowRefused as reason:
                raise refused(self.reader.name, number, reason) from reason
            if self._is_here(row.object):
                continue
            if isinstance(row.object, Job):
                row.object.imported_at = now
            yield row

    def _is_here(self, row: Model) -> bool:
        if isinstance(row._meta.pk, AutoField):
            # A history line of something that already exists here and has its own history.
            return any(name in self.here for name in _references(row))
        return _name(row) in self.here

    def add(self, data: dict[str, Any]) -> None:
        """Check one row by itself and collect what must be checked with the others. Raises RowRefused."""
        row = row_of_project(data, owner_id=self.owner.pk).object
        _row_check(row)
        self.references.update(_references(row))
        if not isinstance(row._meta.pk, AutoField):
            name = _name(row)
            if name in self.names:
                raise RowRefused(f"({name[0]}) appears twice")
            self.names.add(name)
            if self._known(row):
                self.here.add(name)
        if isinstance(row, Asset):
            self._media_check(row)
        if isinstance(row, Scene) and row.deleted_at is None:
            self.sequences.append(row.sequence or 0)
        if isinstance(row, LedgerEntry) and row.kind in RESERVING:
            key = (row.job_id, row.attempt)
            self.reserved[key] = self.reserved.get(key, 0) + RESERVING[LedgerKind(row.kind)]
        texts = (value for value in values_in(data) if isinstance(value, str))
        self.ids.update(UUID(found) for text in texts for found in UUID_PATTERN.findall(text))
        if len(self.ids) > UUID_BATCH:
            self._ids_check()

    def _known(self, row: Model) -> bool:
        """Whether a row with this id already exists here. Only the owner's own unchanged rows may be shared."""
        same = type(row)._base_manager.filter(pk=row.pk).first()
        if same is None:
            return False
        if isinstance(row, SpendingAccount):
            # What this project spent here; kept after the project is deleted.
            return True
        if isinstance(row, Project):
            raise ConflictError("This project already exists here. Delete it first to import it again.")
        if not isinstance(row, SHARED) or getattr(same, "owner_id", None) != self.owner.pk:
            raise ConflictError("A part of this project already exists here and belongs to something else.")
        if isinstance(row, Asset) and isinstance(same, Asset) and row.sha256 != same.sha256:
            raise ConflictError("A file of this project already exists here with different content.")
        return True

    def _media_check(self, asset: Asset) -> None:
        entry = self.reader.manifest.entries.get(f"{MEDIA_PREFIX}{asset.key}")
        if entry is None or (entry.sha256, entry.size_bytes) != (asset.sha256, asset.size_bytes):
            raise RowRefused("(assets.asset) names a file that isn't in the archive")
        self.media.add(f"{MEDIA_PREFIX}{asset.key}")

    def _ids_check(self) -> None:
        """Check ids inside text and JSON. They are references too, and must not reach what belongs to others."""
        for model, owner in OWNERS:
            strangers = model._base_manager.filter(pk__in=self.ids).exclude(**{owner: self.owner})
            if strangers.exists():
                raise ConflictError("The archive refers to something here that belongs to another user.")
        self.ids.clear()

    def whole_check(self) -> None:
        """Check what needs all rows. Raises InputError, ConflictError."""
        self._ids_check()
        label = Project._meta.label_lower
        if [pk for model, pk in self.names if model == label] != [str(self.project_id)]:
            raise self._refusal("it does not contain exactly the project it names")
        allowed = (SpendingAccount._meta.label_lower, project_scope(self.project_id))
        if any(name[0] == allowed[0] and name != allowed for name in self.names):
            raise self._refusal("it contains ledger entries of something other than its project")
        if strange := self.references - self.names:
            raise self._refusal(f"its rows refer to {' '.join(min(strange))}, which it does not contain")
        if self.reader.manifest.entries.keys() - {ROWS} != self.media:
            raise self._refusal("it contains files that no row names")
        if sorted(self.sequences) != list(range(1, len(self.sequences) + 1)):
            raise self._refusal("its scenes are not numbered from 1 without gaps")
        if any(self.reserved.values()):
            raise self._refusal("it reserves money for work that never finished")

    def _refusal(self, reason: str) -> InputError:
        return InputError(f"{self.reader.name} was changed or damaged: {reason}. Nothing was imported.")


def rows_check(reader: ArchiveReader, owner: User) -> ProjectRows:
    """Check every row before the first is written. Raises InputError, ConflictError."""
    rows = ProjectRows(reader, owner)
    for number, line in enumerate(reader.lines(), start=1):
        if number > ROW_LIMIT:
            raise InputError(f"{reader.name} has more than {ROW_LIMIT} rows, which is too many for a project.")
        try:
            rows.add(row_parse(line))
        except RowRefused as reason:
            raise refused(reader.name, number, reason) from reason
    rows.whole_check()
    return rows


def _name(row: Model) -> Name:
    return row._meta.label_lower, str(row.pk)


def _references(row: Model) -> Iterable[Name]:
    for column in row._meta.concrete_fields:
        related = column.related_model
        if isinstance(related, type) and issubclass(related, Model) and related is not User:
            value = getattr(row, column.attname)
            if value is not None:
                yield related._meta.label_lower, str(value)


def _row_check(row: Model) -> None:
    """Check what a row must satisfy beyond its field types. Raises RowRefused."""
    if row_unsettled(row):
        raise RowRefused("is about unfinished work; export the project again when it is done")
    if isinstance(row, SpendingAccount) and row.reserved:
        raise RowRefused("reserves money for finished work")
    if isinstance(row, Asset):
        _asset_check(row)
    if isinstance(row, Composition):
        try:
            FrozenPlan.model_validate(row.plan)
        except ValidationError as error:
            raise RowRefused("(composition.composition) has an unreadable plan") from error


def _asset_check(asset: Asset) -> None:
    try:
        key_checked(asset.key)
    except InputError as error:
        raise RowRefused("(assets.asset) has a key that is not allowed") from error
    if main_asset_id(asset.key) not in {None, asset.pk}:
        raise RowRefused("(assets.asset) has a key that belongs to another asset")
    # The file is served with the content type it declares.
    if asset.content_type not in PLAIN_TYPES and not MEDIA_TYPE_PATTERN.fullmatch(asset.content_type):
        raise RowRefused(f"(assets.asset) is {asset.content_type[:80]!r}, which is not a supported media type")
