"""Assets with real files."""

from uuid import uuid4

from django.db import transaction

from apps.assets.services import asset_create, file_store
from engines.media.probe import probe_media

TYPES = {"video": ("mp4", "video/mp4"), "audio": ("wav", "audio/wav"), "image": ("png", "image/png")}


def stored_asset(user, content, *, kind, folder):
    suffix, content_type = TYPES[kind]
    path = folder / f"{uuid4()}.{suffix}"
    path.write_bytes(content)
    stored = file_store(path, key=f"tests/{path.name}", content_type=content_type, facts=probe_media(path))
    with transaction.atomic():
        return asset_create(owner=user, stored=stored, kind=kind)
