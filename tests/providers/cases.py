"""One case per provider and capability: a request, the service that handles it, and where the paid POST goes."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from apps.providers.base import RemoteProvider, RemoteState, RemoteStatus
from apps.providers.capabilities import Capability
from apps.providers.registry import provider_get
from apps.providers.request_types import (
    ImageRequest,
    JudgeRequest,
    LipsyncRequest,
    LipsyncSegment,
    MediaInput,
    ProviderRequest,
    ScenesRequest,
    SegmentedLipsyncRequest,
    Subject,
    Take,
    TranscriptionRequest,
    VideoRequest,
    VocalsRequest,
)
from engines.media.probe import probe_media
from tests.fakes import media
from tests.fakes.chat import FakeChat
from tests.fakes.comfyui import FakeComfyUi
from tests.fakes.replicate import FakeReplicate
from tests.fakes.server import FakeService
from tests.fakes.sync_so import FakeSyncSo
from tests.fakes.transcriber import FakeTranscriber

CONFIGS = Path(settings.BASE_DIR) / "configs"
PAID_ROUTES = {
    "chat": "POST /v1/chat/completions",
    "replicate": "POST /v1/(models/.+/)?predictions$",
    "sync_so": "POST /v2/generate$",
    "comfyui": "POST /prompt$",
    "transcriber": "POST /v1/audio/transcriptions$",
}
# A workflow for each capability, with the node classes known to the fake; `live` runs on any real server.
WORKFLOWS: dict[str, dict[str, Any]] = {
    "image": {
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}, "_meta": {"title": "prompt"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}, "_meta": {"title": "negative"}},
        "3": {"class_type": "KSampler", "inputs": {"seed": 0, "positive": ["1", 0], "negative": ["2", 0]}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "mvsite"}},
        "5": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    },
    "live": {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "mvsite"}},
    },
    "video": {
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}, "_meta": {"title": "prompt"}},
        "2": {"class_type": "LoadImage", "inputs": {"image": ""}},
        "3": {"class_type": "VideoModel", "inputs": {"length": 0, "positive": ["1", 0]}},
        "4": {"class_type": "SaveVideo", "inputs": {"video": ["3", 0], "filename_prefix": "mvsite"}},
    },
}


def flavor_values(*names: str) -> dict[str, Any]:
    """Return the default flavor's values as in a request: the first file whole, the others by name."""
    first, *others = [yaml.safe_load((CONFIGS / "default" / f"{name}.yaml").read_text()) for name in names]
    return first | dict(zip(names[1:], others, strict=True)) | {"flavor": "default"}


@dataclass(frozen=True)
class Files:
    """Small real inputs on disk."""

    folder: Path

    def video(self, seconds: float = 2.0) -> MediaInput:
        return self._write(f"video{seconds}.mp4", media.video(seconds), "video/mp4", seconds)

    def audio(self, seconds: float = 2.0, name: str = "audio") -> MediaInput:
        return self._write(f"{name}{seconds}.wav", media.sound(seconds), "audio/wav", seconds)

    def image(self) -> MediaInput:
        return self._write("image.png", media.image(), "image/png", None)

    def jpeg(self) -> MediaInput:
        return self._write("image.jpg", media.image(extension="jpg"), "image/jpeg", None)

    def _write(self, name: str, content: bytes, content_type: str, seconds: float | None) -> MediaInput:
        path = self.folder / name
        path.write_bytes(content)
        return MediaInput(path=path, content_type=content_type, duration_seconds=seconds)


class LiveFiles(Files):
    """For real lip-sync: a face and a voice of at least four seconds, from LIVE_FACE_VIDEO and LIVE_VOICE_AUDIO."""

    def video(self, seconds: float = 2.0) -> MediaInput:
        return self._given("LIVE_FACE_VIDEO", "video/mp4")

    def audio(self, seconds: float = 2.0, name: str = "audio") -> MediaInput:
        return self._given("LIVE_VOICE_AUDIO", "audio/wav")

    def _given(self, variable: str, content_type: str) -> MediaInput:
        path = Path(os.environ[variable])
        return MediaInput(path, content_type, duration_seconds=probe_media(path).duration_seconds)


def scenes_request(files: Files) -> ScenesRequest:
    values = flavor_values("parameters", "scene_prompts")
    return ScenesRequest(idea="a walk through rain", slots=((0, 4), (4, 8.5), (8.5, 12)), settings=values)


def image_request(files: Files, **changes: Any) -> ImageRequest:
    values = changes.pop("settings", None) or flavor_values("image_params", "image_prompts")
    return ImageRequest(prompt="a red door", width=1280, height=720, settings=values, **changes)


def video_request(files: Files, **changes: Any) -> VideoRequest:
    values = changes.pop("settings", None) or flavor_values("video_params")
    facts: dict[str, Any] = {"prompt": "a door opens", "duration_seconds": 4, "width": 1280, "height": 720}
    return VideoRequest(settings=values, **(facts | changes))


def lipsync_request(files: Files, **changes: Any) -> LipsyncRequest:
    values = changes.pop("settings", None) or flavor_values("lipsync_params")
    facts: dict[str, Any] = {"video": files.video(), "audio": files.audio(), "temperature": 0.4}
    return LipsyncRequest(settings=values, **(facts | changes))


def transcription_request(files: Files) -> TranscriptionRequest:
    return TranscriptionRequest(files.audio(4.0), language="en", settings=flavor_values("transcription_params"))


def vocals_request(files: Files) -> VocalsRequest:
    return VocalsRequest(files.audio(4.0), settings=flavor_values("vocals_params"))


def judge_request(files: Files, **changes: Any) -> JudgeRequest:
    frame = files.jpeg()
    take = Take(files.video(1.0), 0.0, 1.0, (frame, frame, frame))
    subjects = (Subject("Mara", "character", "short silver hair", picture=frame), Subject("a harbor", "place"))
    facts: dict[str, Any] = {"prompt": "Mara walks", "takes": (take, take), "frames_each": 3, "subjects": subjects}
    return JudgeRequest(settings=flavor_values("parameters"), **(facts | changes))


def segmented_request(files: Files, **changes: Any) -> SegmentedLipsyncRequest:
    facts: dict[str, Any] = {
        "video": files.video(4.0),
        "audios": {"one": files.audio(2.0, "one"), "two": files.audio(3.0, "two")},
        "segments": (
            LipsyncSegment(0.0, 1.5, "one"),
            LipsyncSegment(2.0, 4.0, "two", audio_start_seconds=0.5, audio_end_seconds=2.5),
        ),
        "model": "lipsync-2",
        "sync_mode": "remap",
    }
    return SegmentedLipsyncRequest(settings=flavor_values("lipsync_params"), **(facts | changes))


def comfy_settings(kind: str, inputs: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {"providers": {"comfyui": {"workflow": f"{kind}.json", "inputs": inputs}}, "flavor": "test"}


def comfy_image_request(files: Files) -> ImageRequest:
    inputs = {
        "prompt": {"node": "prompt", "input": "text"},
        "negative_prompt": {"node": "negative", "input": "text"},
        "seed": {"node": "3", "input": "seed"},
    }
    return image_request(files, settings=comfy_settings("image", inputs), seed=7)


def comfy_video_request(files: Files) -> VideoRequest:
    inputs = {
        "prompt": {"node": "prompt", "input": "text"},
        "image": {"node": "2", "input": "image"},
        "frames": {"node": "3", "input": "length"},
    }
    return video_request(files, settings=comfy_settings("video", inputs), image=files.image(), frames=49)


def comfy_live_request(files: Files) -> ImageRequest:
    return image_request(files, settings=comfy_settings("live", {"seed": {"node": "1", "input": "color"}}), seed=7)


@dataclass(frozen=True)
class CaseSpec:
    """How to build a case. `live_variables` are what the real service needs; `live_request` replaces the request for
    it if needed. A case without variables has no live form."""

    name: str
    provider: str
    request: Callable[[Files], ProviderRequest]
    live_variables: tuple[str, ...] = ()
    live_request: Callable[[Files], ProviderRequest] | None = None


FACE = ("LIVE_FACE_VIDEO", "LIVE_VOICE_AUDIO")


SPECS = (
    CaseSpec("chat", "chat", scenes_request, ("LIVE_LLM_API_KEY", "LIVE_LLM_MODEL")),
    CaseSpec("chat-judge", "chat", judge_request, ("LIVE_LLM_API_KEY", "LIVE_LLM_MODEL")),
    CaseSpec("replicate-image", "replicate", image_request, ("LIVE_REPLICATE_API_TOKEN",)),
    CaseSpec("replicate-video", "replicate", video_request, ("LIVE_REPLICATE_API_TOKEN",)),
    CaseSpec("replicate-lipsync", "replicate", lipsync_request, ("LIVE_REPLICATE_API_TOKEN", *FACE)),
    CaseSpec("replicate-transcription", "replicate", transcription_request, ("LIVE_REPLICATE_API_TOKEN",)),
    CaseSpec("replicate-vocals", "replicate", vocals_request, ("LIVE_REPLICATE_API_TOKEN",)),
    CaseSpec("transcriber", "transcriber", transcription_request, ("LIVE_TRANSCRIPTION_API_KEY",)),
    CaseSpec("sync-lipsync", "sync_so", lipsync_request, ("LIVE_SYNC_API_KEY", *FACE)),
    CaseSpec("sync-segments", "sync_so", segmented_request, ("LIVE_SYNC_API_KEY", *FACE)),
    CaseSpec("comfyui-image", "comfyui", comfy_image_request, ("LIVE_COMFYUI_URL",), comfy_live_request),
    CaseSpec("comfyui-video", "comfyui", comfy_video_request),
)


@dataclass
class Case:
    """A provider with a request for it. `fake` is None if the real service handles it."""

    provider: RemoteProvider
    request: ProviderRequest
    fake: FakeService | None
    key: str = field(default_factory=lambda: f"mv-{time.time_ns()}-1")

    @property
    def capability(self) -> Capability:
        return self.request.capability

    @property
    def paid_posts(self) -> int:
        """Return the number of paid requests the service received. Unknown for a live service."""
        return self.fake.count(PAID_ROUTES[self.provider.name]) if self.fake else 1

    def submit(self) -> RemoteStatus:
        prepared = self.provider.prepare(self.request, key=self.key, webhook_url=None)
        return self.provider.submit(prepared, capability=self.capability, key=self.key)

    def finish(self, status: RemoteStatus, *, within_seconds: float = 120.0) -> RemoteStatus:
        """Poll until the work is final."""
        deadline = time.monotonic() + (within_seconds if self.fake else 900.0)
        while status.state in {RemoteState.QUEUED, RemoteState.RUNNING, RemoteState.UNRECOGNIZED}:
            assert time.monotonic() < deadline, f"still {status.state}"
            time.sleep(0.02 if self.fake else 5.0)
            status = self.provider.poll([status.ref])[status.ref]
        return status


def fake_of(name: str) -> FakeService:
    fakes: dict[str, Callable[[], FakeService]] = {
        "chat": FakeChat,
        "replicate": FakeReplicate,
        "sync_so": FakeSyncSo,
        "comfyui": FakeComfyUi,
        "transcriber": FakeTranscriber,
    }
    return fakes[name]().start()


def settings_of(fake: Any) -> dict[str, Any]:
    """Return the settings that point mvsite at a fake."""
    found: dict[str, Any] = {"ALLOWED_FETCH_HOSTS": [fake.url.removeprefix("http://")]}
    match fake.name:
        case "chat":
            found |= {"LLM_BASE_URL": fake.base_url, "LLM_API_KEY": fake.key, "LLM_MODEL": fake.model}
        case "replicate":
            found |= {"REPLICATE_BASE_URL": fake.base_url, "REPLICATE_API_TOKEN": fake.token}
            found |= {"REPLICATE_WEBHOOK_SECRET": fake.webhook_secret}
        case "sync_so":
            found |= {"SYNC_BASE_URL": fake.base_url, "SYNC_API_KEY": fake.key}
            found |= {"SYNC_WEBHOOK_SECRET": fake.webhook_secret}
        case "transcriber":
            found |= {"TRANSCRIPTION_BASE_URL": fake.base_url, "TRANSCRIPTION_API_KEY": fake.key}
        case "comfyui":
            found |= {"COMFYUI_URL": fake.base_url}
    return found


def live_settings(spec: CaseSpec) -> dict[str, str]:
    return {name.removeprefix("LIVE_"): os.environ[name] for name in os.environ if name.startswith("LIVE_")}


def case_of(spec: CaseSpec, files: Files, fake: FakeService | None) -> Case:
    provider = provider_get(spec.provider)
    assert isinstance(provider, RemoteProvider)
    make = spec.request if fake else spec.live_request or spec.request
    return Case(provider, make(files), fake)
