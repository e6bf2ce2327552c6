import shutil
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from apps.assets.services import asset_create, file_store


def stored(owner, path: Path, kind: str):
    copy = Path(settings.SCRATCH_ROOT) / f"{uuid4()}{path.suffix}"
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, copy)
    content_type = {"video": "video/mp4", "audio": "audio/wav"}[kind]
    return asset_create(
        owner=owner,
        stored=file_store(copy, key=f"tests/{uuid4()}/{kind}{path.suffix}", content_type=content_type),
        kind=kind,
    )
