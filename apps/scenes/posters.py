"""Pictures of clips that show something else than their scene's image."""

from pathlib import Path
from uuid import uuid4

from apps.assets.services import StoredFile, file_store
from apps.assets.store.keys import scene_file_key
from apps.jobs.execution import JobRun
from apps.scenes.new_clips import job_scene
from engines.media.stills import still

# As wide as a card on a sharp screen.
POSTER_WIDTH = 960


def poster_store(run: JobRun, video: Path, seconds: float = 0.0) -> StoredFile:
    """Store the picture that the video shows at `seconds`, as a small JPEG under the job's scene."""
    picture = run.scratch / "poster.jpg"
    picture.write_bytes(still(video, seconds, width=POSTER_WIDTH))
    key = scene_file_key(run.job.project_id, job_scene(run).sequence or 0, f"poster_{uuid4().hex[:12]}.jpg")
    return file_store(picture, key=key, content_type="image/jpeg")
