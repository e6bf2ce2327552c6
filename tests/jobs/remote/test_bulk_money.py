"""Promise: many jobs retried many times at once are paid once each."""

import threading

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.jobs.models import Job, LedgerEntry, LedgerKind
from tests.production.test_bulk import bulk, failed_job


@pytest.mark.django_db(transaction=True)
def test_twenty_threads_retry_the_same_jobs_once_each(user):
    jobs = [failed_job(user) for _ in range(4)]
    barrier, answers = threading.Barrier(20), []
    first = APIClient()
    first.force_authenticate(user)
    bulk(first, action="cancel", filter={})  # loads what a first request loads, before there are threads

    def click():
        client = APIClient()
        client.force_authenticate(user)
        barrier.wait()
        answers.append(bulk(client, action="retry", ids=[str(job.pk) for job in jobs], confirm_cost=True).json())
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sum(answer["done"] for answer in answers) == 4
    assert set(Job.objects.values_list("state", "attempt")) == {("queued", 2)}
    assert LedgerEntry.objects.filter(kind=LedgerKind.RESERVE, attempt=2).count() == 4
