"""Runs the pre-flights of clips and songs in this process, as workers do, or makes up what they found."""

from apps.jobs.models import Job
from engines.faces.found import ClipFaces, Moment, SeenFace
from workers.base import job_run
from workers.generation import HANDLERS


def preflight_jobs():
    return Job.objects.filter(kind="lipsync_look")


def run_preflights():
    """Run every queued pre-flight."""
    for job in preflight_jobs().filter(state="queued"):
        job_run(HANDLERS, job_id=str(job.pk), claim_from="queued")


def face(number=0, x=100, *, yaw=0.0, hidden=False, height=200):
    """A face whose box starts 50 pixels from the top."""
    return SeenFace(
        number, x, 50, 0.8 * height, height, yaw, pitch=0.0, roll=0.0, mouth_open=0.2, mouth_hidden=hidden,
        confidence=0.9,
    )  # fmt: skip


def seen(*faces, width=640, height=360, cuts=()):
    """What a worker stores of a clip of two seconds that shows these faces."""
    moments = tuple(Moment(number / 8, tuple(faces)) for number in range(16))
    return ClipFaces(width, height, moments, tuple(cuts)).to_json()
