import multiprocessing
import threading
import uuid

import pytest
from django.db import connection

from apps.assets import services
from apps.assets.errors import StorageUnavailable
from apps.assets.models import Asset
from apps.assets.store import keys
from apps.assets.store.scratch import cache_root, cache_trim, cached_copy, cached_files
from tests.assets.conftest import audio_make
from tests.fakes.s3_proxy import Fault

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def songs(user, bucket, tmp_path):
    """Four assets of about 16 kB, in the bucket only."""
    made = []
    for number in range(4):
        path = audio_make(tmp_path / f"{number}.wav", seconds=1 + number / 100)
        key = keys.upload_key(user.pk, uuid.uuid4(), "audio", ".wav")
        stored = services.file_store(path, key=key, content_type="audio/wav")
        made.append(services.asset_create(owner=user, stored=stored, kind="audio"))
    return made


def cached_names():
    return {file.path.name for file in cached_files()}


def use(asset):
    with cached_copy(asset) as path:
        return path.read_bytes()


def test_second_use_fetches_nothing(songs, proxy):
    assert use(songs[0]) == use(songs[0])
    assert proxy.count("GET") == 1


def test_least_recently_used_copy_is_removed_first(songs, settings):
    settings.SCRATCH_MAX_BYTES = 3 * songs[3].size_bytes
    for song in (songs[0], songs[1], songs[2], songs[0], songs[3]):
        use(song)
    assert cached_names() == {f"{songs[number].sha256}.wav" for number in (0, 2, 3)}
    assert sum(file.size_bytes for file in cached_files()) <= settings.SCRATCH_MAX_BYTES


def test_copy_being_read_is_never_removed(songs, settings):
    settings.SCRATCH_MAX_BYTES = 0
    with cached_copy(songs[0]) as held:
        use(songs[1])
        assert cached_names() == {f"{songs[0].sha256}.wav"}
        assert held.stat().st_size == songs[0].size_bytes
    assert cached_names() == set()
    assert list(cache_root().iterdir()) == []


def test_space_is_freed_before_a_fetch(songs, settings, proxy):
    settings.SCRATCH_MAX_BYTES = songs[3].size_bytes
    use(songs[0])
    proxy.faults.append(Fault("GET", "reset"))
    with pytest.raises(StorageUnavailable):
        use(songs[1])
    assert f"{songs[0].sha256}.wav" not in cached_names()


@pytest.mark.processes
def test_concurrent_processes_fetch_a_copy_once(songs, proxy):
    proxy.slow_seconds = 0.5
    proxy.faults.append(Fault("GET", "slow"))
    connection.close()
    context = multiprocessing.get_context("fork")
    responses = context.Queue()
    children = [context.Process(target=lambda: responses.put(len(use(songs[0])))) for _ in range(5)]
    for child in children:
        child.start()
    assert [responses.get(timeout=120) for _ in children] == [songs[0].size_bytes] * 5
    for child in children:
        child.join()
    assert proxy.count("GET") == 1


def test_concurrent_fetches_and_evictions_never_lose_a_copy_in_use(songs, settings):
    settings.SCRATCH_MAX_BYTES = songs[0].size_bytes
    good = []

    def worker(start):
        for turn in range(12):
            asset = songs[(start + turn) % 4]
            with cached_copy(asset) as path:
                cache_trim()
                good.append(path.stat().st_size == asset.size_bytes)
        connection.close()

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 48
    cache_trim()
    assert sum(file.size_bytes for file in cached_files()) <= settings.SCRATCH_MAX_BYTES


@pytest.mark.processes
def test_killed_reader_holds_no_lock(songs, settings):
    context = multiprocessing.get_context("fork")
    reading = context.Event()
    connection.close()

    def read():
        with cached_copy(songs[0]):
            reading.set()
            threading.Event().wait()

    child = context.Process(target=read)
    child.start()
    assert reading.wait(120)
    settings.SCRATCH_MAX_BYTES = 0
    assert cache_trim() == 0
    child.kill()
    child.join()
    assert cache_trim() == songs[0].size_bytes
    assert Asset.objects.count() == 4
