import shutil
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from apps.assets.services import asset_create, file_store
from engines.media.probe import media_facts


def stored(owner, path: Path, kind: str):
    copy = Path(settings.SCRATCH_ROOT) / f"{uuid4()}{path.suffix}"
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, copy)
    content_type, key = {"video": "video/mp4", "audio": "audio/wav"}[kind], f"tests/{uuid4()}/{kind}{path.suffix}"
    return asset_create(
        owner=owner,
        # The files of many tests are the same few.
        stored=file_store(copy, key=key, content_type=content_type, facts=media_facts(path)),
        kind=kind,
    )
