"""Each project's character becomes its first subject, with its picture."""

import re
import uuid

from django.db import migrations
from django.db.models import Q

NAMED = re.compile(r"\s*([A-Z][\w’'-]+(?: [A-Z][\w’'-]+){0,2})(?=\s*(?:[,:;.(–—]|$)|\s+(?:is|in|with|wears|has)\b)")
NO_NAMES = {"A", "An", "The", "One", "Two", "She", "He", "They"}


def name_of(description):
    found = NAMED.match(description)
    return found[1][:80] if found and found[1].split()[0] not in NO_NAMES else "Lead"


def forwards(apps, _schema_editor):
    project_model = apps.get_model("projects", "Project")
    subject_model = apps.get_model("projects", "Subject")
    picture_model = apps.get_model("projects", "SubjectPicture")
    with_lead = project_model.objects.exclude(Q(character_description="") & Q(character_reference=None))
    for project in with_lead.filter(subjects=None).select_related("character_reference").iterator():
        subject = subject_model.objects.create(
            id=uuid.uuid4(),
            owner_id=project.owner_id,
            project=project,
            kind="character",
            name=name_of(project.character_description),
            description=project.character_description,
        )
        asset = project.character_reference
        if asset is not None:
            source = "uploaded" if asset.key.startswith("users/") else "drawn"
            picture_model.objects.create(id=uuid.uuid4(), subject=subject, asset=asset, origin=source, position=0)


def backwards(_apps, _schema_editor):
    """The fields still hold the lead."""


class Migration(migrations.Migration):
    dependencies = [("projects", "0008_subjects"), ("assets", "0005_description")]

    operations = [migrations.RunPython(forwards, backwards)]
