"""A machine that is lost while it encodes a segment. Real workers, one of them killed with `kill -9`."""

import pytest

from apps.assets.store.shared_segments import PREFIX
from apps.jobs import families, sweep
from apps.jobs.models import Job
from apps.jobs.states import State
from tests.assets.conftest import bucket, folders, proxy, s3_client, s3_endpoint  # noqa: F401 - fixtures
from tests.composition.test_fanout import clips_in_the_bucket, film, machines  # noqa: F401 - fixtures
from tests.fakes.s3_proxy import Fault
from tests.waiting import wait_for
from tests.worker import beat, celery_worker, kill_tree, silence

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def machine(tmp_path, bucket, proxy):  # noqa: F811
    """The environment of a worker on a machine of its own."""

    def environment(name):
        return {
            "MV_DATA_DIR": str(tmp_path / name),
            "STORAGE_BUCKET": bucket,
            "STORAGE_ENDPOINT_URL": proxy.url,
            "STORAGE_REGION": "us-east-1",
        }

    return environment


def state(job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def test_a_machine_lost_in_a_segment_costs_that_segment_alone(monkeypatch, film, machine, proxy):  # noqa: F811
    monkeypatch.setattr(sweep, "SILENT_QUEUED_SECONDS", 1.0)
    proxy.slow_seconds = 600.0
    proxy.faults.append(Fault("PUT", "slow", PREFIX))
    with beat(), celery_worker(queues="segments", concurrency=1, **machine("lost")) as worker:
        wait_for(lambda: proxy.count("PUT", PREFIX), seconds=300, what="a segment to be uploaded")
        kill_tree(worker)
    lost = Job.objects.get(kind="segment", state=State.RUNNING)
    proxy.faults.clear()
    proxy.go_on.set()
    silence()
    with beat(families.parents_look), celery_worker(concurrency=1, **machine("other")):
        wait_for(lambda: state(film) not in {State.WAITING, State.RUNNING}, seconds=300, what="the film to end")
    film.refresh_from_db()
    assert film.state == State.SUCCEEDED, film.error
    assert list(lost.events.values_list("code", flat=True)) == ["created", "claimed", "worker_lost", "claimed", "done"]
    others = Job.objects.filter(kind="segment").exclude(pk=lost.pk)
    assert {(segment.state, segment.claim) for segment in others} == {(State.SUCCEEDED, 1)}
    assert film.result["proof"]["encoded_segments"] == 0
