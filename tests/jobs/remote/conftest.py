"""Fakes, settings that point at them, and a rate limit that starts empty."""

import pytest

from apps.core.redis_client import redis_client
from tests.providers.cases import fake_of, settings_of


@pytest.fixture(autouse=True)
def no_delays(settings):
    settings.JOB_UNKNOWN_DELAY_SECONDS = 0
    redis_client().flushdb()


@pytest.fixture
def make_fake(settings):
    fakes = []

    def make(name):
        fake = fake_of(name)
        fakes.append(fake)
        hosts = settings.ALLOWED_FETCH_HOSTS
        for key, value in settings_of(fake).items():
            setattr(settings, key, value)
        settings.ALLOWED_FETCH_HOSTS = [*hosts, *settings.ALLOWED_FETCH_HOSTS]
        return fake

    yield make
    for fake in fakes:
        fake.stop()


@pytest.fixture
def replicate(make_fake):
    return make_fake("replicate")


@pytest.fixture
def sync_so(make_fake):
    return make_fake("sync_so")


@pytest.fixture
def chat(make_fake):
    return make_fake("chat")
