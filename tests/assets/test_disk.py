import multiprocessing
import threading

import pytest

from apps.assets.store.disk import file_place, local_path, media_folder_id, media_root
from apps.assets.store.local_files import _remove_empty_folders


@pytest.mark.processes
def test_processes_starting_together_agree_on_the_folder_id():
    media_root()
    context = multiprocessing.get_context("fork")
    start, responses = context.Event(), context.Queue()

    def ask():
        start.wait(120)
        responses.put(media_folder_id())

    children = [context.Process(target=ask) for _ in range(8)]
    for child in children:
        child.start()
    start.set()
    ids = {responses.get(timeout=120) for _ in children}
    for child in children:
        child.join()
    assert ids == {media_folder_id()}
    assert [path.name for path in media_root().iterdir()] == [".media-id"]


def test_folder_removed_at_the_wrong_moment_is_recreated(tmp_path):
    """One thread keeps removing empty folders while another puts files into them."""
    stop = threading.Event()

    def remove():
        while not stop.is_set():
            _remove_empty_folders(media_root(), ("mv", "jobs", "1"))

    remover = threading.Thread(target=remove)
    remover.start()
    try:
        for number in range(200):
            source = tmp_path / "source"
            source.write_bytes(b"content")
            placed = file_place(source, "mv/jobs/1/video.mp4")
            assert placed.read_bytes() == b"content", number
            placed.unlink()
    finally:
        stop.set()
        remover.join()
    assert not local_path("mv/jobs/1/video.mp4").exists()
