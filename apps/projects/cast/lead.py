"""The lead and the project's older fields, `character_description` and `character_reference`.

The fields are a view of the first character: setting them changes it, and every change of the subjects is shown in
them. All of it happens under the project's lock.
"""

import re

from django.db.models import Max

from apps.assets.models import Asset
from apps.projects.cast.selectors import lead_of, subjects_of, used_pictures
from apps.projects.models import PictureOrigin, Project, Subject, SubjectKind, SubjectPicture

UNNAMED = "Lead"
# "Mara, short silver hair", "Jon Bell is a sailor": a name is what comes before a comma or a verb.
_NAMED = re.compile(r"\s*([A-Z][\w’'-]+(?: [A-Z][\w’'-]+){0,2})(?=\s*(?:[,:;.(–—]|$)|\s+(?:is|in|with|wears|has)\b)")
_NO_NAMES = {"A", "An", "The", "One", "Two", "She", "He", "They"}


def lead_name(description: str) -> str:
    """Return the name that the description starts with, or a general one."""
    found = _NAMED.match(description)
    return found[1][:80] if found and found[1].split()[0] not in _NO_NAMES else UNNAMED


def lead_follow(project: Project, *, described: bool, pictured: bool) -> None:
    """Bring the lead in line with the project's fields, as far as these were set."""
    lead = lead_of(subjects_of(project))
    if lead is None:
        if not (project.character_description.strip() or project.character_reference_id):
            return
        lead = _lead_create(project)
    elif described and lead.description != project.character_description:
        lead.description = project.character_description
        lead.version += 1
        lead.save(update_fields=["description", "version", "updated_at"])
    if pictured:
        _picture_follow(lead, project.character_reference)
    if not (lead.description.strip() or lead.never_change or lead.pictures.exists()):
        lead.delete()


def lead_show(project: Project) -> None:
    """Show the lead in the project's fields, and count the project's version up if that changes them."""
    lead = lead_of(subjects_of(project))
    first = next(iter(used_pictures(lead)), None) if lead else None
    shown = (lead.description if lead else "", first.asset_id if first else None)
    if shown == (project.character_description, project.character_reference_id):
        return
    project.character_description, project.character_reference_id = shown
    project.version += 1
    project.save(update_fields=["character_description", "character_reference", "version", "updated_at"])


def picture_place(subject: Subject, asset: Asset, *, origin: str, first: bool, view: str = "") -> SubjectPicture:
    """Add the picture as the preferred one or as the last, or move it there if the subject has it."""
    used = SubjectPicture.objects.filter(subject=subject, position__isnull=False).exclude(asset=asset)
    last = used.aggregate(last=Max("position"))["last"]
    place = 0 if first or last is None else last + 1
    if first:
        for number, other in enumerate(used.order_by("position", "created_at"), start=1):
            SubjectPicture.objects.filter(pk=other.pk).update(position=number)
    picture, _ = SubjectPicture.objects.update_or_create(
        subject=subject,
        asset=asset,
        defaults={"position": place},
        create_defaults={"position": place, "origin": origin, "view": view},
    )
    return picture


def _lead_create(project: Project) -> Subject:
    name = lead_name(project.character_description)
    taken = {one.name.casefold() for one in subjects_of(project)}
    number = 2
    unique = name
    while unique.casefold() in taken:
        unique, number = f"{name} {number}", number + 1
    return Subject.objects.create(
        owner_id=project.owner_id,
        project=project,
        kind=SubjectKind.CHARACTER,
        name=unique,
        description=project.character_description,
    )


def _picture_follow(lead: Subject, asset: Asset | None) -> None:
    if asset is not None:
        picture_place(lead, asset, origin=_origin_of(asset), first=True)
    else:
        # They are kept, so that one of them can be chosen again.
        SubjectPicture.objects.filter(subject=lead).update(position=None)


def _origin_of(asset: Asset) -> PictureOrigin:
    return PictureOrigin.UPLOADED if asset.key.startswith("users/") else PictureOrigin.CHOSEN
