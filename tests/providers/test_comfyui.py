"""ComfyUI: filling workflows by name, node errors, looking work up by our own id."""

import json
from datetime import date
from pathlib import Path

import pytest

from apps.core.errors import InputError, ProviderError
from apps.providers.base import ModelUse, RemoteState
from apps.providers.capabilities import Capability
from tests.providers.cases import (
    SPECS,
    WORKFLOWS,
    comfy_settings,
    image_request,
    lipsync_request,
    video_request,
)

IMAGE, VIDEO = (spec for spec in SPECS if spec.provider == "comfyui")


@pytest.fixture
def case(make_case):
    return make_case(IMAGE)


def test_values_go_to_the_nodes_named_by_the_flavor(case):
    graph = case.provider.prepare(case.request, key="k", webhook_url=None).payload["prompt"]

    assert graph["1"]["inputs"]["text"] == "a red door"
    assert graph["3"]["inputs"] == {"seed": 7, "positive": ["1", 0], "negative": ["2", 0]}


def test_input_image_is_uploaded_and_named_in_the_graph(make_case):
    case = make_case(VIDEO)

    graph = case.provider.prepare(case.request, key="k", webhook_url=None).payload["prompt"]

    assert graph["2"]["inputs"]["image"] in case.fake.inputs
    assert graph["3"]["inputs"]["length"] == 49


def test_empty_field_keeps_the_workflows_value(case, workflows):
    graph = json.loads(json.dumps(WORKFLOWS["image"]))
    graph["1"]["inputs"]["text"] = "as exported"
    (workflows / "image.json").write_text(json.dumps(graph))
    inputs = {"frames": {"node": "1", "input": "text"}}
    case.request = image_request(None, settings=comfy_settings("image", inputs))

    prepared = case.provider.prepare(case.request, key="k", webhook_url=None)

    assert prepared.payload["prompt"]["1"]["inputs"]["text"] == "as exported"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"nodes": [], "links": []}', "Export \\(API\\)"),
        ("{", "not JSON"),
    ],
)
def test_editor_workflow_is_refused_as_not_api_format(case, workflows, content, words):
    (workflows / "image.json").write_text(content)

    with pytest.raises(InputError, match=words):
        case.provider.prepare(case.request, key="k", webhook_url=None)


@pytest.mark.parametrize("name", ["missing.json", "../../etc/passwd"])
def test_only_files_in_flavor_folders_are_read(case, name):
    values = comfy_settings("image", {})
    values["providers"]["comfyui"]["workflow"] = name
    case.request = image_request(None, settings=values)

    with pytest.raises(InputError, match="neither in the flavor"):
        case.provider.prepare(case.request, key="k", webhook_url=None)


def test_missing_node_is_named(case):
    case.request = image_request(None, settings=comfy_settings("image", {"prompt": {"node": "9", "input": "text"}}))

    with pytest.raises(InputError, match="'9'"):
        case.provider.prepare(case.request, key="k", webhook_url=None)


def with_graph(case, workflows, change):
    graph = json.loads(json.dumps(WORKFLOWS["image"]))
    change(graph)
    (workflows / "image.json").write_text(json.dumps(graph))
    return case


def test_missing_node_class_is_a_permanent_refusal(case, workflows):
    with_graph(case, workflows, lambda graph: graph["3"].update(class_type="KSamplerOfTomorrow"))

    with pytest.raises(ProviderError, match="KSamplerOfTomorrow") as caught:
        case.submit()

    assert caught.value.permanent


def test_partly_dropped_graph_is_an_error_despite_status_200(case, workflows):
    with_graph(case, workflows, lambda graph: graph["2"]["inputs"].pop("text"))
    case.request.settings["providers"]["comfyui"]["inputs"].pop("negative_prompt")
    case.fake.latency_seconds = 30

    with pytest.raises(ProviderError, match="node 2 \\(CLIPTextEncode\\)") as caught:
        case.submit()

    assert caught.value.permanent
    assert case.fake.count("POST /interrupt") == 1


def test_lost_response_is_found_by_our_own_id(case):
    prepared = case.provider.prepare(case.request, key=case.key, webhook_url=None)
    case.fake.fail_next("POST /prompt", "lose_response")
    with pytest.raises(ProviderError):
        case.provider.submit(prepared, capability=case.capability, key=case.key)

    found = case.provider.find_unknown(prepared, key=case.key, sent_after=0)

    assert found.ref.remote_id == prepared.mark
    assert case.provider.prepare(case.request, key=case.key, webhook_url=None).mark == prepared.mark


def test_request_that_never_arrived_may_be_sent_again(case):
    prepared = case.provider.prepare(case.request, key=case.key, webhook_url=None)

    assert case.provider.find_unknown(prepared, key=case.key, sent_after=0) is None


def test_work_lost_by_a_restart_is_not_found(case):
    ref = case.submit().ref
    case.fake.restart()

    status = case.provider.poll([ref])[ref]

    assert (status.state, status.permanent) == (RemoteState.NOT_FOUND, False)


def test_queued_running_and_done_are_distinguished(case):
    case.fake.latency_seconds = 30
    first = case.submit()
    case.key = "mv-second"
    second = case.submit()

    states = case.provider.poll([first.ref, second.ref])

    assert (states[first.ref].state, states[second.ref].state) == (RemoteState.RUNNING, RemoteState.QUEUED)
    case.fake.finish()
    assert case.finish(second).state == RemoteState.SUCCEEDED


def test_failed_and_interrupted_are_distinguished(case):
    case.fake.end_next_as.append(("execution_error", "Allocation on device failed"))
    failed = case.finish(case.submit())
    case.key, case.fake.latency_seconds = "mv-second", 30
    ref = case.submit().ref
    case.provider.cancel(ref)

    assert (failed.state, failed.message) == (
        RemoteState.FAILED,
        "ComfyUI failed in KSampler: Allocation on device failed",
    )
    assert case.provider.poll([ref])[ref].state == RemoteState.CANCELLED


def test_previews_are_not_results(case, tmp_path):
    status = case.finish(case.submit())
    assert len(status.raw["outputs"]) == 2

    result = case.provider.collect(status, capability=case.capability, into=tmp_path)

    assert len(result.files) == 1


def test_workflow_that_saves_no_such_file_is_explained(case, tmp_path):
    status = case.finish(case.submit())

    with pytest.raises(ProviderError, match="didn't save any video"):
        case.provider.collect(status, capability=Capability.VIDEO, into=tmp_path)


def shipped(kind, files):
    """Return a request for a workflow of the default flavor."""
    match kind:
        case "image":
            return image_request(files, seed=7)
        case "video":
            return video_request(files, image=files.image(), seed=7, duration_seconds=4, frames=96)
    return lipsync_request(files)


@pytest.fixture
def default_case(make_case, files, settings):
    """A case with a shipped workflow."""

    def make(kind):
        case = make_case(IMAGE)
        settings.CONFIGS_DIR = Path(settings.BASE_DIR) / "configs"
        case.request = shipped(kind, files)
        return case

    return make


@pytest.mark.parametrize("kind", ["image", "video", "lipsync"])
def test_shipped_workflow_runs_as_it_is(default_case, tmp_path, kind):
    case = default_case(kind)

    status = case.finish(case.submit())
    result = case.provider.collect(status, capability=case.capability, into=tmp_path)

    assert [file.role for file in result.files] == ["image" if kind == "image" else "video"]
    assert case.provider.quote(case.request).amount == 0


def test_shipped_workflows_get_what_their_models_take(default_case):
    def inputs(kind, title):
        case = default_case(kind)
        graph = case.provider.prepare(case.request, key="k", webhook_url=None).payload["prompt"]
        return next(node["inputs"] for node in graph.values() if node["_meta"]["title"] == title)

    size = inputs("video", "size")
    assert (size["width"], size["height"], size["length"]) == (1280, 704, 97)
    assert inputs("video", "frame rate")["fps"] == 24.0
    assert inputs("lipsync", "lips")["lips_expression"] == pytest.approx(1.8)  # temperature 0.4


@pytest.mark.parametrize(
    ("kind", "broken", "words"),
    [
        ("lipsync", lambda fake: fake.nodes.pop("LatentSyncNode"), "the node LatentSyncNode"),
        (
            "video",
            lambda fake: fake.choices.update({("VAELoader", "vae_name"): [["other.safetensors"], {}]}),
            "the model 'wan2.2_vae.safetensors' (VAELoader, vae_name)",
        ),
        (
            "image",
            lambda fake: fake.choices.update({("CheckpointLoaderSimple", "ckpt_name"): ["COMBO", {"options": []}]}),
            "the model 'sd_xl_base_1.0.safetensors'",
        ),
    ],
)
def test_missing_nodes_and_models_are_named_before_anything_is_sent(default_case, kind, broken, words):
    case = default_case(kind)
    broken(case.fake)

    with pytest.raises(ProviderError) as caught:
        case.submit()

    assert words in caught.value.message and (caught.value.permanent, caught.value.code) == (True, "missing_part")
    assert case.fake.count("POST") == 0
    use = ModelUse(case.capability, "", case.request.settings)
    (report,) = case.provider.check_models([use], today=date(2026, 11, 29))
    assert words in report.findings[0].message and not report.works


def test_clip_without_a_picture_is_refused_before_any_call(default_case, files):
    case = default_case("video")
    case.request = video_request(files)

    with pytest.raises(InputError, match="can't work without image"):
        case.submit()
