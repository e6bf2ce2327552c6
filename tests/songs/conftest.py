import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.jobs.models import Job
from apps.jobs.states import State
from tests.songs.files import song_bytes
from workers.songs import run


@pytest.fixture
def client_of():
    def make(user):
        client = APIClient()
        client.force_authenticate(user)
        return client

    return make


@pytest.fixture
def api(client_of, user):
    return client_of(user)


@pytest.fixture
def upload(api):
    """Post a song and return the response."""

    def send(content=None, name="my song.mp3", **fields):
        file = SimpleUploadedFile(name, song_bytes() if content is None else content)
        return api.post("/api/audio", {"file": file, **fields}, format="multipart")

    return send


@pytest.fixture
def work():
    """Run the queued jobs of songs right here, like a worker, and return them."""

    def loop():
        done = []
        while job := Job.objects.filter(state=State.QUEUED, run_after=None).order_by("created_at").first():
            run(job_id=str(job.pk), claim_from=State.QUEUED)
            job.refresh_from_db()
            done.append(job)
        return done

    return loop
