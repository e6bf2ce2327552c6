"""Runs the pre-flights of clips and songs in this process, as workers do."""

from apps.jobs.models import Job
from workers.base import job_run
from workers.generation import HANDLERS


def preflight_jobs():
    return Job.objects.filter(kind="lipsync_look")


def run_preflights():
    """Run every queued pre-flight."""
    for job in preflight_jobs().filter(state="queued"):
        job_run(HANDLERS, job_id=str(job.pk), claim_from="queued")
