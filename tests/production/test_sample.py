import threading

import pytest
from django.db import connection

from apps.jobs.models import Job
from apps.production.sample import sample_start
from apps.projects.models import Project
from apps.projects.services import project_delete
from apps.songs.models import Song
from apps.songs.sung import sung_map

pytestmark = pytest.mark.django_db


def test_sample_is_made_by_the_draft_whatever_the_flavor_says(user):
    project = sample_start(by=user)

    assert project.generating
    assert set(project.providers.values()) == {"draft"} and len(project.providers) == 4
    assert project.song.asset.duration_seconds == pytest.approx(20, abs=0.01)
    assert sung_map(project.song).performed(5.0, 8.0)
    assert [job.kind for job in Job.objects.all()] == ["audio_analysis"]


def test_clicking_again_shows_the_same_sample_and_one_made_after_deleting_uses_the_same_song(user):
    first = sample_start(by=user)
    assert sample_start(by=user).pk == first.pk
    project_delete(by=user, project_id=first.pk)
    second = sample_start(by=user)

    assert second.pk != first.pk and second.song_id == first.song_id
    assert Song.objects.count() == Project.objects.count() == 1


def test_sample_given_another_name_is_kept_and_another_one_is_made(user):
    first = sample_start(by=user)
    Project.objects.update(title="My lanterns")
    assert sample_start(by=user).pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_make_one_project_and_one_song(user):
    made = []

    def click():
        made.append(sample_start(by=user).pk)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 4 and len(set(made)) == 1
    assert Song.objects.count() == Project.objects.count() == 1
