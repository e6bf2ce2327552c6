"""Columns that nothing read are dropped, and come back empty."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from apps.jobs.models import RemoteRun
from tests.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)

DROPPED = {"cancel_requested_at", "webhook_ids"}


def columns() -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, "jobs_remoterun")}


@pytest.fixture
def migrated_again():
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_the_dropped_columns_come_back_when_the_release_is_taken_back(user, migrated_again):
    job = make_job(user)
    run = RemoteRun.objects.create(job=job, attempt=1, provider="x", key="k", payload={}, submitting_at=timezone.now())
    assert not DROPPED & columns()
    states = MigrationExecutor(connection).migrate([("jobs", "0006_excess_entries")])
    before = states.apps.get_model("jobs", "RemoteRun").objects.get(pk=run.pk)
    assert (before.cancel_requested_at, before.webhook_ids) == (None, [])
