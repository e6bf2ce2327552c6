"""`python -m tests.fakes.run`: all fakes in one process, for trying out the paid paths for free.

Prints one line `NAME=value` for each setting that points mvsite at them, then runs until it is stopped. With
`--base-port N` the ports are N, N+1, …, so that a restart keeps them.
"""

import argparse
import signal
import threading

from tests.fakes.chat import FakeChat
from tests.fakes.comfyui import FakeComfyUi
from tests.fakes.replicate import FakeReplicate
from tests.fakes.server import FakeService
from tests.fakes.sync_so import FakeSyncSo
from tests.fakes.transcriber import FakeTranscriber


def settings_of(
    chat: FakeChat,
    replicate: FakeReplicate,
    sync_so: FakeSyncSo,
    comfyui: FakeComfyUi,
    transcriber: FakeTranscriber,
) -> dict[str, str]:
    """Return the environment variables that point mvsite at these fakes."""
    fakes: list[FakeService] = [chat, replicate, sync_so, comfyui, transcriber]
    return {
        "LLM_BASE_URL": chat.base_url,
        "LLM_API_KEY": chat.key,
        "LLM_MODEL": chat.model,
        "REPLICATE_BASE_URL": replicate.base_url,
        "REPLICATE_API_TOKEN": replicate.token,
        "REPLICATE_WEBHOOK_SECRET": replicate.webhook_secret,
        "SYNC_BASE_URL": sync_so.base_url,
        "SYNC_API_KEY": sync_so.key,
        "SYNC_WEBHOOK_SECRET": sync_so.webhook_secret,
        "COMFYUI_URL": comfyui.base_url,
        "TRANSCRIPTION_BASE_URL": transcriber.base_url,
        "TRANSCRIPTION_API_KEY": transcriber.key,
        "TRANSCRIPTION_MODEL": transcriber.model,
        "MV_ALLOWED_FETCH_HOSTS": ",".join(fake.url.removeprefix("http://") for fake in fakes),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the fake services.")
    parser.add_argument("--base-port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=5.0, help="seconds per generation")
    options = parser.parse_args()
    ports = [options.base_port + index if options.base_port else 0 for index in range(5)]
    chat = FakeChat(port=ports[0], keep_log=False)
    replicate = FakeReplicate(port=ports[1], latency_seconds=options.latency, keep_log=False)
    sync_so = FakeSyncSo(port=ports[2], latency_seconds=options.latency, keep_log=False)
    comfyui = FakeComfyUi(port=ports[3], latency_seconds=options.latency, keep_log=False)
    transcriber = FakeTranscriber(port=ports[4], latency_seconds=options.latency, keep_log=False)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with chat, replicate, sync_so, comfyui, transcriber:
        for name, value in settings_of(chat, replicate, sync_so, comfyui, transcriber).items():
            print(f"{name}={value}", flush=True)  # noqa: T201 - its output is its interface
        stopped.wait()


if __name__ == "__main__":
    main()
