"""What a job was asked for, read from its row: this version's JSON, the one before, and what is neither."""

from uuid import uuid4

import pytest
from pydantic import ValidationError

from apps.core.errors import InputError
from apps.jobs.models import Job
from apps.jobs.parameters import Frozen, JobParameters


class Part(Frozen):
    seconds: float = 1.0


class Made(JobParameters):
    song_id: str
    part: Part | None = None


def test_it_reads_what_it_wrote():
    made = Made(song_id="a", part=Part(seconds=2))
    assert Made.read(Job(parameters=made.dump())) == made
    assert made.dump() == {"version": 2, "song_id": "a", "part": {"seconds": 2.0}}


def test_defaults_are_written_too():
    assert Made(song_id="a").dump() == {"version": 2, "song_id": "a", "part": None}


def test_json_without_a_version_is_from_the_previous_release():
    stored = {"song_id": "a", "dropped_since": 1, "part": {"seconds": 3, "dropped_since": 1}}
    assert Made.read(Job(parameters=stored)) == Made(song_id="a", part=Part(seconds=3))


def test_a_job_without_parameters_says_so():
    with pytest.raises(InputError, match="can't be retried"):
        Made.read(Job(parameters={}))


@pytest.mark.parametrize(
    "stored",
    [
        {"version": 2, "song_id": "a", "unknown": 1},
        {"version": 3, "song_id": "a"},
        {"version": None, "song_id": "a"},
        {"version": "2", "song_id": "a"},
        {"version": 2},
        {"song_id": ["a"]},
        {"other": str(uuid4())},
    ],
)
def test_unreadable_parameters_are_refused_with_a_message(stored):
    job = Job(parameters=stored)
    with pytest.raises(InputError, match="can't read what the job") as refused:
        Made.read(job)
    assert refused.value.code == "parameters_unreadable"
    assert Made.find(job) is None


def test_parameters_cannot_be_changed():
    with pytest.raises(ValidationError):
        Made(song_id="a").song_id = "b"
