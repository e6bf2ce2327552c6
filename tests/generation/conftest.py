"""Real media on disk, and jobs that really run, in this process."""

import pytest

from apps.jobs.models import Job
from apps.scenes.handlers import HANDLERS
from workers.base import job_run


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def run_job():
    """Run a queued job as a worker does, and return its row."""

    def run(job_id) -> Job:
        job_run(HANDLERS, job_id=str(job_id), claim_from="queued")
        return Job.objects.get(pk=job_id)

    return run


@pytest.fixture(autouse=True)
def media_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH_ROOT = tmp_path / "scratch"
