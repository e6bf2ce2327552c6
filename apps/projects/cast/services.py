"""The only writer of subjects and their pictures, besides what the project's own fields say of its lead."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.accounts.models import User
from apps.assets.models import Asset, AssetKind
from apps.assets.selectors import asset_get
from apps.assets.services import asset_from_upload
from apps.core.errors import ConflictError, InputError, NotFound
from apps.core.text import one_line
from apps.projects.cast.files import picture_check, picture_files, picture_files_delete
from apps.projects.cast.film_sections import section_check
from apps.projects.cast.lead import lead_show, picture_place
from apps.projects.cast.selectors import library_of, subject_get, subjects_of
from apps.projects.models import PictureOrigin, Project, Subject, SubjectPicture
from apps.projects.selectors import project_lock
from engines.lyrics.parts import section_kind

# Far more than a film names; a longer list fits no page and no scene writer's prompt.
MOST_SUBJECTS = 60
MOST_PICTURES = 40
NOT_IN_LIBRARY = "Your library has no such subject."

log = structlog.get_logger(__name__)


class SubjectFields(TypedDict, total=False):
    """What a user may set on a subject. `position` counts from 0."""

    kind: str
    name: str
    description: str
    never_change: str
    color: str
    variants: Sequence[Mapping[str, str]]
    position: int


class PictureFields(TypedDict, total=False):
    """What a user may set on a picture. A `position` of None keeps it without using it."""

    position: int | None
    section: str


def subject_create(*, by: User, project_id: UUID, **fields: Unpack[SubjectFields]) -> Subject:
    """Add a subject to the project. Raises InputError for a name that is empty or taken."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        _refuse_too_many(project)
        subject = Subject(owner=by, project=project, position=_last_position(project) + 1)
        _apply(subject, {name: value for name, value in fields.items() if name != "position"})
        subject.save()
        if "position" in fields:
            _move(project, subject, fields["position"])
        lead_show(project)
    log.info("subject_created", project_id=str(project_id), subject_id=str(subject.pk), kind=subject.kind)
    return subject_get(by=by, project_id=project_id, subject_id=subject.pk)


def subject_take(*, by: User, project_id: UUID, subject_id: UUID) -> Subject:
    """Copy one of the user's subjects into the project, with its pictures by reference. Raises NotFound, ConflictError
    if the project has one of that name."""
    source = library_of(by).filter(pk=subject_id).first()
    if source is None:
        raise NotFound("You have no such subject.")
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        _refuse_too_many(project)
        if subjects_of(project).filter(name__iexact=source.name).exists():
            raise ConflictError(f"This project already has “{source.name}”.", code="already_there")
        copy = _copied(source, project=project, position=_last_position(project) + 1)
        lead_show(project)
    return subject_get(by=by, project_id=project_id, subject_id=copy.pk)


def subject_keep(*, by: User, project_id: UUID, subject_id: UUID) -> Subject:
    """Copy the subject as it is now into the user's library, where it outlives the project. Return the copy that is
    there if nothing has changed since."""
    with transaction.atomic():
        project_lock(by=by, project_id=project_id)
        subject = subject_get(by=by, project_id=project_id, subject_id=subject_id)
        kept = library_of(by).filter(project=None, copied_from=subject.pk)
        same = next((one for one in kept if _contents(one) == _contents(subject)), None)
        return same or _copied(subject, project=None, position=0)


def subject_update(
    *,
    by: User,
    project_id: UUID,
    subject_id: UUID,
    expected_version: int | None = None,
    **fields: Unpack[SubjectFields],
) -> Subject:
    """Change a subject. What was made before stays as it is. Raises InputError, ConflictError if `expected_version` is
    no longer the stored one."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        subject = subject_get(by=by, project_id=project_id, subject_id=subject_id)
        if expected_version not in {None, subject.version}:
            raise ConflictError(
                f"“{subject.name}” was changed in the meantime. Reload it, then repeat your change.", code="stale"
            )
        _apply(subject, {name: value for name, value in fields.items() if name != "position"})
        subject.version += 1
        subject.save()
        if "position" in fields:
            _move(project, subject, fields["position"])
        lead_show(project)
    return subject_get(by=by, project_id=project_id, subject_id=subject_id)


def subjects_put_away(project: Project, subject_ids: Collection[str]) -> None:
    """Take subjects out of the project and its scenes; `subjects_bring_back` is the way back. The caller holds the
    project's lock."""
    wanted = set(subject_ids)
    away = [one.pk for one in subjects_of(project) if str(one.pk) in wanted]
    Subject.objects.filter(pk__in=away).update(deleted_at=timezone.now())
    lead_show(project)
    log.info("subjects_put_away", project_id=str(project.pk), subject_ids=[str(one) for one in away])


def subjects_bring_back(project: Project, subject_ids: Collection[str]) -> None:
    """Bring back subjects that were put away, as they were. The caller holds the project's lock. Raises ConflictError
    if another one has such a name by now."""
    wanted = set(subject_ids)
    known = Subject.objects.filter(project=project).exclude(deleted_at=None)
    away = known.filter(pk__in=[one for one in known.values_list("pk", flat=True) if str(one) in wanted])
    taken = {name.casefold() for name in subjects_of(project).values_list("name", flat=True)}
    names = [one for one in away.values_list("name", flat=True) if one.casefold() in taken]
    if names:
        raise ConflictError(
            f"This project has another “{names[0]}” by now. Rename that one first, then undo.", code="name_taken"
        )
    away.update(deleted_at=None)
    lead_show(project)


def subjects_let_go(project: Project, *, kept: Collection[str]) -> None:
    """Delete for good the subjects that were put away, but for those with the ids `kept`, and the pictures that nothing
    else uses."""
    away = Subject.objects.filter(project=project).exclude(deleted_at=None)
    gone = [one for one in away if str(one.pk) not in kept]
    if not gone:
        return
    files = picture_files(gone)
    Subject.objects.filter(pk__in=[one.pk for one in gone]).delete()
    picture_files_delete(by=project.owner, files=files)
    log.info("subjects_deleted", project_id=str(project.pk), subject_ids=[str(one.pk) for one in gone])


def library_delete(*, by: User, subject_id: UUID) -> None:
    """Delete a subject from the library; copies in projects stay, and `library_restore` brings it back until
    `library_let_go`. Raises NotFound for one that isn't the library's."""
    if not library_of(by).filter(project=None, pk=subject_id).update(deleted_at=timezone.now()):
        raise NotFound(NOT_IN_LIBRARY)


def library_restore(*, by: User, subject_id: UUID) -> Subject:
    """Bring back a subject that was deleted from the library, and return it. Raises NotFound if there is none."""
    Subject.objects.filter(owner=by, project=None, pk=subject_id).update(deleted_at=None)
    subject = library_of(by).filter(project=None, pk=subject_id).first()
    if subject is None:
        raise NotFound(NOT_IN_LIBRARY)
    return subject


def library_let_go(*, before: datetime) -> None:
    """Delete for good what was deleted from libraries before this time, with the files that nothing else uses."""
    for subject in Subject.objects.filter(project=None, deleted_at__lt=before).select_related("owner"):
        with transaction.atomic():
            files = picture_files([subject])
            subject.delete()
            picture_files_delete(by=subject.owner, files=files)


def picture_upload(*, by: User, project_id: UUID, subject_id: UUID, upload: "UploadedFile[Any]") -> SubjectPicture:
    """Store an uploaded picture; it becomes the preferred one. A file that the subject has already isn't stored twice.
    Raises InputError for a file that isn't an image, or too small."""
    subject = subject_get(by=by, project_id=project_id, subject_id=subject_id)
    pictures_check(subject)
    asset = asset_from_upload(by=by, upload=upload, kind=AssetKind.IMAGE)
    try:
        picture_check(asset, name="file")
    except InputError:
        picture_files_delete(by=by, files=[asset])
        raise
    return picture_add(by=by, project_id=project_id, subject_id=subject_id, asset=asset, origin=PictureOrigin.UPLOADED)


def picture_choose(*, by: User, project_id: UUID, subject_id: UUID, image_id: UUID) -> SubjectPicture:
    """Use one of the user's images, such as a scene's, as the preferred picture. Raises InputError if it is too
    small."""
    asset = asset_get(by=by, asset_id=image_id, kind=AssetKind.IMAGE)
    picture_check(asset, name="image_id")
    return picture_add(by=by, project_id=project_id, subject_id=subject_id, asset=asset, origin=PictureOrigin.CHOSEN)


def picture_add(
    *, by: User, project_id: UUID, subject_id: UUID, asset: Asset, origin: PictureOrigin, first: bool = True
) -> SubjectPicture:
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        subject = subject_get(by=by, project_id=project_id, subject_id=subject_id)
        pictures_check(subject)
        same = subject.pictures.filter(asset__sha256=asset.sha256).exclude(asset=asset).select_related("asset").first()
        picture = picture_place(subject, same.asset if same else asset, origin=origin, first=first)
        lead_show(project)
        if same and origin != PictureOrigin.CHOSEN:
            picture_files_delete(by=by, files=[asset])
    return picture


def picture_get(*, by: User, project_id: UUID, subject_id: UUID, picture_id: UUID) -> SubjectPicture:
    subject = subject_get(by=by, project_id=project_id, subject_id=subject_id)
    found = next((one for one in subject.pictures.all() if one.pk == picture_id), None)
    if found is None:
        raise NotFound(f"“{subject.name}” doesn't have that picture.")
    return found


def picture_update(
    *, by: User, project_id: UUID, subject_id: UUID, picture_id: UUID, **fields: Unpack[PictureFields]
) -> SubjectPicture:
    """Change where in the order of preference a picture is, or the kind of section it is for."""
    with transaction.atomic():
        project = project_lock(by=by, project_id=project_id)
        picture = picture_get(by=by, project_id=project_id, subject_id=subject_id, picture_id=picture_id)
        if "section" in fields and one_line(fields["section"]) != picture.section:
            picture.section = one_line(fields["section"])
            section_check(project, picture.section, name="section")
        if "position" in fields:
            _picture_move(picture, fields["position"])
        picture.save(update_fields=["section", "position"])
        lead_show(project)
    return picture


def pictures_put_away(project: Project, picture_ids: Collection[str]) -> None:
    """Take pictures from subjects of the project; `pictures_bring_back` is the way back. The caller holds the project's
    lock."""
    pictures = SubjectPicture.objects.filter(subject__project=project, pk__in=picture_ids)
    pictures.update(deleted_at=timezone.now())
    lead_show(project)


def pictures_bring_back(project: Project, picture_ids: Collection[str]) -> None:
    """Bring back pictures that were put away, each to its place in the order of preference. One that its subject has
    again by now stays away. The caller holds the project's lock."""
    away = SubjectPicture.with_removed.filter(subject__project=project, pk__in=picture_ids).exclude(deleted_at=None)
    for picture in away.select_related("asset"):
        if SubjectPicture.objects.filter(subject=picture.subject_id, asset__sha256=picture.asset.sha256).exists():
            continue
        picture.deleted_at = None
        picture.save(update_fields=["deleted_at"])
    lead_show(project)


def pictures_let_go(project: Project, *, kept: Collection[str]) -> None:
    """Delete for good the pictures that were put away, but for those with the ids `kept`, and their files where nothing
    else uses them."""
    away = SubjectPicture.with_removed.filter(subject__project=project).exclude(deleted_at=None).select_related("asset")
    gone = [one for one in away if str(one.pk) not in kept]
    if not gone:
        return
    SubjectPicture.with_removed.filter(pk__in=[one.pk for one in gone]).delete()
    files = [one.asset for one in gone if one.origin != PictureOrigin.CHOSEN]
    picture_files_delete(by=project.owner, files=files)
    log.info("pictures_deleted", project_id=str(project.pk), picture_ids=[str(one.pk) for one in gone])


def _contents(subject: Subject) -> tuple[object, ...]:
    """Return what a copy of the subject has in common with it."""
    pictures = [(one.asset_id, one.section, one.position) for one in subject.pictures.all()]
    words = (subject.kind, subject.name, subject.description, subject.never_change, subject.color)
    return (*words, subject.variants, sorted(pictures, key=str))


def _apply(subject: Subject, fields: Mapping[str, Any]) -> None:
    worn = {section_kind(str(one["section"])) for one in subject.variants}
    for name, value in fields.items():
        setattr(subject, name, value)
    subject.name = one_line(subject.name)
    subject.color = subject.color.lower()
    if not subject.name:
        raise InputError("Give it a name.", errors={"name": ["may not be empty"]})
    others = Subject.objects.filter(project=subject.project_id, name__iexact=subject.name, deleted_at=None)
    if others.exclude(pk=subject.pk).exists():
        detail = f"This project already has “{subject.name}”. Choose another name."
        raise InputError(detail, code="name_taken", errors={"name": [detail]})
    subject.variants = [
        {"section": one_line(one["section"]), "description": one["description"].strip()} for one in subject.variants
    ]
    if "variants" in fields:
        _check_variants(subject, worn)


def _check_variants(subject: Subject, before: Collection[str]) -> None:
    """Raise InputError for a section that this film doesn't have, unless it had it `before`, or two of one kind."""
    kinds = [section_kind(one["section"]) for one in subject.variants]
    for number, (one, kind) in enumerate(zip(subject.variants, kinds, strict=True)):
        if kind not in before:
            section_check(subject.project, one["section"], name="variants")
        if kind in kinds[:number]:
            detail = f"There are two for “{one['section']}”. Write what is different there into one."
            raise InputError(detail, errors={"variants": [detail]})


def _copied(source: Subject, *, project: Project | None, position: int) -> Subject:
    copy = Subject.objects.create(
        owner_id=source.owner_id,
        project=project,
        kind=source.kind,
        name=source.name,
        description=source.description,
        never_change=source.never_change,
        color=source.color,
        variants=source.variants,
        position=position,
        copied_from=source.pk,
    )
    for one in source.pictures.all():
        SubjectPicture.objects.create(
            subject=copy,
            asset=one.asset,
            origin=one.origin,
            view=one.view,
            section=one.section,
            position=one.position,
        )
    return copy


def _move(project: Project, subject: Subject, place: int) -> None:
    others = [one for one in subjects_of(project) if one.pk != subject.pk]
    ordered = [*others[:place], subject, *others[place:]]
    for number, one in enumerate(ordered):
        Subject.objects.filter(pk=one.pk).update(position=number)


def _picture_move(picture: SubjectPicture, place: int | None) -> None:
    if place is None:
        picture.position = None
        return
    others = list(
        SubjectPicture.objects.filter(subject=picture.subject_id, position__isnull=False).exclude(pk=picture.pk)
    )
    ordered = [*others[:place], picture, *others[place:]]
    for number, one in enumerate(ordered):
        SubjectPicture.objects.filter(pk=one.pk).update(position=number)
    picture.position = ordered.index(picture)


def _last_position(project: Project) -> int:
    last = Subject.objects.filter(project=project).aggregate(last=Max("position"))["last"]
    return -1 if last is None else int(last)


def _refuse_too_many(project: Project) -> None:
    if subjects_of(project).count() >= MOST_SUBJECTS:
        raise InputError(f"A project has at most {MOST_SUBJECTS} subjects. Delete one first.", code="too_many")


def pictures_check(subject: Subject) -> None:
    """Raise InputError if the subject can have no more pictures."""
    if subject.pictures.count() >= MOST_PICTURES:
        raise InputError(f"A subject has at most {MOST_PICTURES} pictures. Delete one first.", code="too_many")
