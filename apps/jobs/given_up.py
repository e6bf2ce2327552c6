"""What becomes of a job's paid request when a person cancels the job, or tries it again."""

from django.utils import timezone

from apps.jobs import dispatch, money
from apps.jobs.kinds import Queue
from apps.jobs.models import Job, RemoteRun, RunStatus
from apps.jobs.states import State


def run_give_up(job: Job) -> None:
    """Stop or keep what a job that is being cancelled has bought. The caller has locked the job."""
    run = RemoteRun.objects.select_for_update().filter(job=job, attempt=job.attempt).first()
    if run is None or run.status == RunStatus.NOT_ACCEPTED:
        money.cost_release(job, attempt=job.attempt)
        return
    if job.state == State.NEEDS_ATTENTION:
        run_write_off(job, run)
        return
    if run.status == RunStatus.SUBMITTED:
        dispatch.task_dispatch(dispatch.TELL_PROVIDER_TASK, queue=Queue.IO, run_id=run.pk)
    elif run.status == RunStatus.SUCCEEDED:
        dispatch.task_dispatch(dispatch.KEEP_LATE_RESULT_TASK, queue=Queue.IO, run_id=run.pk)


def run_write_off(job: Job, run: RemoteRun) -> None:
    """Close a request of unknown outcome, because a person checked that the provider did not take it."""
    run.status, run.finished_at = RunStatus.FAILED, timezone.now()
    run.save(update_fields=["status", "finished_at"])
    money.cost_release(job, attempt=run.attempt)
