"""A busy worker's threads keep their database connections; at rest it holds none."""

import pytest
from celery.signals import task_postrun, task_prerun
from django.db import connection


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_kept_while_another_task_runs_and_closed_after_the_last():
    task_prerun.send(sender=None)
    task_prerun.send(sender=None)
    connection.ensure_connection()
    kept = connection.connection

    task_postrun.send(sender=None)
    assert connection.connection is kept

    task_postrun.send(sender=None)
    assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_meanwhile_is_replaced_before_the_next_task():
    task_prerun.send(sender=None)
    connection.ensure_connection()
    connection.connection.close()  # as after a restart of the server

    task_prerun.send(sender=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)

    task_postrun.send(sender=None)
    task_postrun.send(sender=None)
