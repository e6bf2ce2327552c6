"""Runs looks at clips and songs before a lip-sync in this process, as workers do."""

from apps.jobs.models import Job
from workers.base import job_run
from workers.generation import HANDLERS


def look_jobs():
    return Job.objects.filter(kind="lipsync_look")


def run_looks():
    """Run every queued look."""
    for job in look_jobs().filter(state="queued"):
        job_run(HANDLERS, job_id=str(job.pk), claim_from="queued")
