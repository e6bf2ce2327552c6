"""A strict fake of a ComfyUI server: queue, history, uploads, view. Graphs are checked like on a real server."""

import copy
import re
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import media
from tests.fakes.server import FakeService, Refusal, Reply, Request, multipart, route

# class → required inputs
NODES = {
    "CLIPTextEncode": {"text"},
    "KSampler": {"seed", "positive", "negative"},
    "EmptyLatentImage": {"width", "height"},
    "EmptyImage": {"width", "height", "batch_size", "color"},
    "LoadImage": {"image"},
    "VideoModel": {"length", "positive"},
    "SaveImage": {"images", "filename_prefix"},
    "SaveVideo": {"video", "filename_prefix"},
    "PreviewImage": {"images"},
    "CheckpointLoaderSimple": {"ckpt_name"},
    "UNETLoader": {"unet_name", "weight_dtype"},
    "CLIPLoader": {"clip_name", "type"},
    "VAELoader": {"vae_name"},
    "VAEDecode": {"samples", "vae"},
    "ModelSamplingSD3": {"model", "shift"},
    "Wan22ImageToVideoLatent": {"vae", "width", "height", "length", "batch_size"},
    "CreateVideo": {"images", "fps"},
    "LoadAudio": {"audio"},
    "VHS_LoadVideo": {
        "video", "force_rate", "custom_width", "custom_height", "frame_load_cap", "skip_first_frames",
        "select_every_nth",
    },
    "LatentSyncNode": {"images", "audio", "seed", "lips_expression", "inference_steps"},
}  # fmt: skip
# The choices of some inputs, in both forms that servers use.
CHOICES: dict[tuple[str, str], list[Any]] = {
    ("CheckpointLoaderSimple", "ckpt_name"): [["sd_xl_base_1.0.safetensors"], {}],
    ("UNETLoader", "unet_name"): [["wan2.2_ti2v_5B_fp16.safetensors"], {}],
    ("UNETLoader", "weight_dtype"): [["default", "fp8_e4m3fn"], {}],
    ("CLIPLoader", "clip_name"): ["COMBO", {"options": ["umt5_xxl_fp8_e4m3fn_scaled.safetensors"]}],
    ("CLIPLoader", "type"): [["wan", "sd3"], {}],
    ("VAELoader", "vae_name"): ["COMBO", {"options": ["wan2.2_vae.safetensors"]}],
    ("LoadImage", "image"): [["example.png"], {"image_upload": True}],
    ("VHS_LoadVideo", "video"): [["example.mp4"], {}],
    ("LoadAudio", "audio"): ["COMBO", {"options": [], "audio_upload": True}],
}
# Inputs that name a file of the input folder.
FILES = {"LoadImage": "image", "VHS_LoadVideo": "video", "LoadAudio": "audio"}
# Frames a second of every video, as `media.video` makes them.
FRAME_RATE = 24
OUTPUT_NODES = {"SaveImage", "SaveVideo", "PreviewImage"}


@dataclass
class Prompt:
    id: str
    number: int
    graph: dict[str, Any]
    ends: float
    verdict: str = "success"
    error: str = ""
    outputs: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False


class FakeComfyUi(FakeService):
    """`end_next_as` scripts how the next prompt ends: ("execution_error", words)."""

    name = "comfyui"

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self.prompts: dict[str, Prompt] = {}
        self.inputs: dict[str, bytes] = {}
        self.nodes = {name: set(inputs) for name, inputs in NODES.items()}
        self.choices = copy.deepcopy(CHOICES)
        self.end_next_as: deque[tuple[str, str]] = deque()

    @property
    def base_url(self) -> str:
        return self.url

    def describe(self) -> dict[str, Any]:
        return {"prompts": len(self.prompts)}

    def not_found(self, request: Request) -> Reply:
        return Reply(404, "404: Not Found")

    @route("GET", "/system_stats")
    def stats(self, request: Request) -> Reply:
        return Reply(200, {"system": {"comfyui_version": "0.38.1"}, "devices": []})

    @route("GET", "/object_info/(?P<name>[^/]+)")
    def object_info(self, request: Request, name: str) -> Reply:
        if name not in self.nodes:
            return Reply(200, {})
        required = {one: self.choices.get((name, one), ["*"]) for one in sorted(self.nodes[name])}
        return Reply(200, {name: {"input": {"required": required}, "output_node": name in OUTPUT_NODES}})

    @route("POST", "/prompt")
    def prompt(self, request: Request) -> Reply:
        body = request.json() or {}
        prompt_id = body.get("prompt_id", str(uuid.uuid4()))
        if "prompt" not in body:
            raise _refused("no_prompt", "No prompt provided")
        if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", prompt_id):
            raise _refused("invalid_prompt_id", "Invalid prompt_id")
        node_errors = self._check(body["prompt"])
        with self.lock:
            number = len(self.prompts)
            one = Prompt(prompt_id, number, body["prompt"], time.monotonic() + self.latency_seconds)
            if self.end_next_as:
                one.verdict, one.error = self.end_next_as.popleft()
            self.prompts[prompt_id] = one
        return Reply(200, {"prompt_id": prompt_id, "number": number, "node_errors": node_errors})

    @route("GET", "/queue")
    def queue(self, request: Request) -> Reply:
        with self.lock:
            waiting = [one for one in self.prompts.values() if not self._done(one)]
        items = [[one.number, one.id, one.graph, {}, []] for one in waiting]
        return Reply(200, {"queue_running": items[:1], "queue_pending": items[1:]})

    @route("POST", "/queue")
    def delete(self, request: Request) -> Reply:
        with self.lock:
            for prompt_id in (request.json() or {}).get("delete", []):
                waiting = [one for one in self.prompts.values() if not self._done(one)]
                if prompt_id in [one.id for one in waiting[1:]]:
                    del self.prompts[prompt_id]
        return Reply(200, b"")

    @route("POST", "/interrupt")
    def interrupt(self, request: Request) -> Reply:
        one = self.prompts.get((request.json() or {}).get("prompt_id", ""))
        if one is not None and not self._done(one):
            one.interrupted, one.ends = True, 0.0
        return Reply(200, b"")

    @route("GET", "/history/(?P<prompt_id>[^/]+)")
    def history(self, request: Request, prompt_id: str) -> Reply:
        one = self.prompts.get(prompt_id)
        return Reply(200, {prompt_id: self._entry(one)} if one and self._done(one) else {})

    @route("POST", "/upload/image")
    def upload(self, request: Request) -> Reply:
        name, _, content = multipart(request).get("image", ("", "", b""))
        if not name or ".." in name:
            return Reply(400, b"")
        self.inputs[name] = content
        return Reply(200, {"name": name, "subfolder": "", "type": "input"})

    @route("GET", "/view")
    def view(self, request: Request) -> Reply:
        name = request.first("filename")
        if request.first("type", "output") != "output" or not name.startswith("mvsite_"):
            return Reply(404, b"")
        if name.endswith(".mp4"):
            seconds = int(name.split("_")[1]) / FRAME_RATE
            return Reply(200, media.video(seconds), {"Content-Type": "video/mp4"})
        return Reply(200, media.image(), {"Content-Type": "image/png"})

    def restart(self) -> None:
        """Clear queue and history, which are in memory."""
        with self.lock:
            self.prompts.clear()

    def _check(self, graph: Any) -> dict[str, Any]:
        """Return the node errors of dropped outputs. Raises Refusal if no output is left."""
        if not isinstance(graph, dict) or any(
            "class_type" not in node for node in graph.values() if isinstance(node, dict)
        ):
            raise _refused("invalid_prompt", "Cannot execute because a node is missing the class_type property.")
        for node_id, node in graph.items():
            if node["class_type"] not in self.nodes:
                raise _refused("missing_node_type", f"Node '{node['class_type']}' not found (#{node_id})")
        outputs = [node_id for node_id, node in graph.items() if node["class_type"] in OUTPUT_NODES]
        if not outputs:
            raise _refused("prompt_no_outputs", "Prompt has no outputs")
        errors = {node_id: found for node_id, node in graph.items() if (found := self._node_errors(node, outputs))}
        if errors and len(outputs) == 1:
            raise _refused("prompt_outputs_failed_validation", "Prompt outputs failed validation", errors)
        return errors

    def _node_errors(self, node: dict[str, Any], outputs: list[str]) -> dict[str, Any]:
        missing = self.nodes[node["class_type"]] - set(node["inputs"])
        errors = [
            {
                "type": "required_input_missing",
                "message": "Required input is missing",
                "details": name,
                "extra_info": {},
            }
            for name in sorted(missing)
        ]
        file = node["inputs"].get(FILES.get(node["class_type"], ""))
        if node["class_type"] in FILES and file not in self.inputs:
            errors.append({"type": "custom_validation_failed", "message": "Invalid image file", "details": str(file)})
        if not errors:
            return {}
        return {"errors": errors, "dependent_outputs": outputs[:1], "class_type": node["class_type"]}

    def _frames(self, graph: dict[str, Any]) -> int:
        """Return how long the graph's video is: as long as asked, or as the video that it loads; else a second."""
        for node in graph.values():
            if isinstance(length := node["inputs"].get("length"), int):
                return length
            if node["class_type"] == "VHS_LoadVideo":
                return round(media.duration(self.inputs[node["inputs"]["video"]]) * FRAME_RATE)
        return FRAME_RATE

    def finish(self) -> None:
        """End the work at hand now; new work takes no time."""
        self.latency_seconds = 0.0
        with self.lock:
            for one in self.prompts.values():
                one.ends = 0.0

    def _done(self, one: Prompt) -> bool:
        return time.monotonic() >= one.ends

    def _entry(self, one: Prompt) -> dict[str, Any]:
        if one.interrupted:
            messages = [["execution_start", {}], ["execution_interrupted", {"prompt_id": one.id, "node_id": "3"}]]
            return {"outputs": {}, "status": {"status_str": "error", "completed": False, "messages": messages}}
        if one.verdict != "success":
            facts = {"node_id": "3", "node_type": "KSampler", "exception_message": one.error, "traceback": []}
            status = {"status_str": "error", "completed": False, "messages": [["execution_error", facts]]}
            return {"outputs": {}, "status": status}
        status = {"status_str": "success", "completed": True, "messages": [["execution_success", {}]]}
        frames = self._frames(one.graph)
        outputs = {
            node_id: _saved(node, frames) for node_id, node in one.graph.items() if node["class_type"] in OUTPUT_NODES
        }
        return {"outputs": outputs, "status": status}


def _saved(node: dict[str, Any], frames: int) -> dict[str, Any]:
    """Return a node's outputs. Like the real node, SaveVideo lists its file under `images`; previews have type temp.
    The number in a video's name is that of its frames, which `view` makes."""
    kind = node["class_type"]
    name = f"mvsite_{frames:05}_.mp4" if kind == "SaveVideo" else "mvsite_00001_.png"
    item = {"filename": name, "subfolder": "", "type": "temp" if kind == "PreviewImage" else "output"}
    return {"images": [item]} | ({"animated": [True]} if kind == "SaveVideo" else {})


def _refused(kind: str, message: str, node_errors: dict[str, Any] | None = None) -> Refusal:
    error = {"type": kind, "message": message, "details": "", "extra_info": {}}
    return Refusal(400, {"error": error, "node_errors": node_errors or {}})
