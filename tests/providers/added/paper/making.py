"""Create blank sheets, and a shadow play that leaves the video unchanged."""

import shutil

from PIL import Image

from apps.providers.base import ProducedFile, ProviderResult
from apps.providers.request_types import ImageRequest


def make(request, *, into, progress, cancelled):
    if isinstance(request, ImageRequest):
        path = into / "sheet.png"
        Image.new("RGB", (request.width, request.height), request.settings["providers"]["paper"]["color"]).save(path)
        return ProviderResult(files=(ProducedFile(path, "image", "image/png"),), facts={"model": "paper"})
    path = into / "video.mp4"
    shutil.copyfile(request.video.path, path)
    return ProviderResult(files=(ProducedFile(path, "video", "video/mp4"),), facts={"model": request.model})
