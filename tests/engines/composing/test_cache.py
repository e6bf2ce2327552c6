import json
import multiprocessing
import time
from fractions import Fraction

import pytest

from apps.core.errors import WorkCancelled
from engines.composing.cache import SegmentCache
from engines.composing.compose import compose
from engines.composing.shot_plan import Shot, ShotPlan
from tests.engines.composing.conftest import SHAPE, seen
from tests.waiting import wait_for


def foreign_plan(sources, *starts: int) -> ShotPlan:
    shots = tuple(Shot(sources["foreign"], 12, start_seconds=Fraction(start, 24)) for start in starts)
    return ShotPlan(shots, SHAPE)


def put(session, key: str, size: int = 1000):
    file = session.workfile(key)
    file.write_bytes(key.encode()[:1] * size)
    return session.add(key, file, {})


def test_recomposing_encodes_nothing_and_one_change_encodes_one_segment(sources, make):
    first, _ = make(foreign_plan(sources, 0, 3, 6, 9))
    again, _ = make(foreign_plan(sources, 0, 3, 6, 9))
    changed, proof = make(foreign_plan(sources, 0, 4, 6, 9))
    counts = [composed.segments.encoded_segments for composed in (first, again, changed)]
    assert counts == [4, 0, 1]
    assert proof.passed


def test_a_damaged_segment_is_encoded_again(sources, make, cache):
    composed, _ = make(foreign_plan(sources, 0, 3))
    victim = next(cache.root.glob("??/*.mp4"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 255
    victim.write_bytes(content)
    again, proof = make(foreign_plan(sources, 0, 3))
    assert (again.segments.encoded_segments, proof.passed) == (1, True)
    assert seen(again.path) == seen(composed.path)


def test_the_least_recently_used_is_evicted_first(tmp_path):
    cache = SegmentCache(tmp_path, 10**9)
    for key in ("aaaa", "bbbb", "cccc"):
        with cache.session() as session:
            put(session, key)
        time.sleep(0.02)
    with cache.session() as session:
        assert session.get("aaaa")
    cache.max_bytes = 2500
    assert cache.evict() > 0
    assert sorted(file.stem for file in tmp_path.glob("??/*.mp4")) == ["aaaa", "cccc"]
    assert sorted(file.stem for file in tmp_path.glob("??/*.json")) == ["aaaa", "cccc"]


def hold(root, ready, release):
    with SegmentCache(root, 0).session() as session:
        session.get("aaaa")
        ready.set()
        release.wait(120)


@pytest.mark.processes
def test_entries_used_by_another_process_are_never_evicted(tmp_path):
    cache = SegmentCache(tmp_path, 10**9)
    with cache.session() as session:
        put(session, "aaaa")
        put(session, "bbbb")
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    process = context.Process(target=hold, args=(tmp_path, ready, release))
    process.start()
    assert ready.wait(120)
    cache.max_bytes = 0
    cache.evict()
    assert [file.stem for file in tmp_path.glob("??/*.mp4")] == ["aaaa"]
    process.kill()
    process.join()
    cache.evict()
    assert not list(tmp_path.glob("??/*.mp4"))


def test_an_entry_without_its_note_is_ignored(tmp_path):
    cache = SegmentCache(tmp_path, 10**9)
    with cache.session() as session:
        entry = put(session, "aaaa")
    assert json.loads(entry.path.with_suffix(".json").read_text())["size"] == 1000
    entry.path.with_suffix(".json").unlink()
    with cache.session() as session:
        assert session.get("aaaa") is None


def test_cancelling_keeps_finished_segments(sources, cache, tmp_path, make):
    plan = foreign_plan(sources, *range(0, 30, 2))
    asked = []

    def cancelled() -> bool:
        asked.append(len(list(cache.root.glob("??/*.mp4"))) >= 3)
        return asked[-1]

    with pytest.raises(WorkCancelled), cache.session() as session:
        compose(plan, tmp_path / "x.mp4", cache=session, progress=lambda *_: None, cancelled=cancelled)
    assert asked.count(True) == 1, "it stops at the first yes"
    assert not (tmp_path / "x.mp4").exists()
    assert not list(cache.root.glob("making/*"))
    done = len(list(cache.root.glob("??/*.mp4")))
    composed, _ = make(plan)
    assert composed.segments.encoded_segments == 15 - done


def test_progress_is_the_share_of_frames(sources, cache, tmp_path):
    told: list[float] = []
    with cache.session() as session:
        compose(
            foreign_plan(sources, 0, 5, 10), tmp_path / "x.mp4", cache=session,
            progress=lambda percent, _: told.append(percent), cancelled=lambda: False,
        )  # fmt: skip
    assert told == sorted(told)
    assert told[-1] == 100


def compose_forever(root, plan, output):
    with SegmentCache(root, 10**9).session() as session:
        compose(plan, output, cache=session, progress=lambda *_: None, cancelled=lambda: False)


@pytest.mark.processes
def test_work_resumes_with_a_killed_workers_segments(sources, cache, tmp_path, make):
    plan = foreign_plan(sources, *range(0, 30))
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=compose_forever, args=(cache.root, plan, tmp_path / "x.mp4"))
    process.start()
    wait_for(lambda: len(list(cache.root.glob("??/*.mp4"))) >= 4, seconds=120, what="four segments", step=0.01)
    process.kill()
    process.join()
    composed, proof = make(plan)
    assert 0 < composed.segments.encoded_segments <= 26
    assert proof.passed
