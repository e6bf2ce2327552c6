import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from apps.assets.services import asset_create, file_store
from apps.assets.uploading.resumable import partial_create
from tests.assets.conftest import video_make
from tests.routes import Row, owned_api


def picture(owner):
    return {"asset_id": _stored(owner, "picture.png", "image", lambda path: Image.new("RGB", (8, 8)).save(path))}


def clip(owner):
    return {"asset_id": _stored(owner, "clip.mp4", "video", lambda path: video_make(path, frames=2))}


def _stored(owner, name, kind, make):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        make(path)
        content_type = "image/png" if kind == "image" else "video/mp4"
        stored = file_store(path, key=f"tests/{owner.pk}/{Path(folder).name}/{name}", content_type=content_type)
    return asset_create(owner=owner, stored=stored, kind=kind).pk


# The token in the URL is the permission; this one is forged.
SHARED = Row(
    anonymous=404, other=404, owner=404, staff=404, arguments=lambda _owner: {"token": "forged", "name": "clip.mp4"}
)


def upload(owner):
    return {"upload_id": partial_create(by=owner, size_bytes=3, name="clip.mp4").id}


STAFF_ONLY: dict[str, Any] = {"anonymous": 401, "other": 403, "owner": 403, "staff": 200}

ROWS = {
    "metrics": Row(**STAFF_ONLY),
    "api/mv/cleanup": Row(**STAFF_ONLY, method="post", data={"dry_run": True}),
    "api/mv/get_video/<uuid:asset_id>": owned_api(clip),
    "api/mv/get_video/<uuid:asset_id>/info": owned_api(clip),
    "api/mv/get_character_reference/<uuid:asset_id>": owned_api(picture),
    # An empty body has no content type that could carry a file.
    "api/assets": Row(anonymous=401, other=415, owner=415, staff=415, method="post"),
    "api/uploads": Row(anonymous=401, other=400, owner=400, staff=400, method="post"),
    "api/uploads/<uuid:upload_id>": [
        owned_api(upload, method="head"),
        owned_api(upload, method="delete", owner=204),
        # The test's part has another content type, so the owner gets an error about that.
        owned_api(upload, method="patch", owner=415),
    ],
    "api/assets/<uuid:asset_id>": owned_api(picture),
    "api/assets/<uuid:asset_id>/content": owned_api(picture),
    "api/assets/shared/<str:token>/<str:name>": SHARED,
}
