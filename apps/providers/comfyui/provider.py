"""ComfyUI on the user's own machine: images and clips from the user's workflow, for free.

We choose the prompt's id, a UUID derived from the attempt's key, so a submit whose response was lost is found in the
server's queue or history. Both are in the server's memory: after a restart the work is gone and may be sent again.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from apps.core import http
from apps.core.errors import InputError, ProviderError
from apps.core.http_failures import FailureKind, HttpFailure
from apps.core.multipart import Upload
from apps.providers.base import (
    ModelUse,
    PreparedSubmit,
    ProducedFile,
    ProviderResult,
    Quote,
    RemoteRef,
    RemoteState,
    RemoteStatus,
)
from apps.providers.capabilities import Capability
from apps.providers.comfyui.checking import missing_parts
from apps.providers.comfyui.sections import ComfySection
from apps.providers.comfyui.workflow import (
    Graph,
    files_of,
    filled_places,
    graph_filled,
    scalars_of,
    section_of,
    workflow_graph,
)
from apps.providers.offers import Finding, FindingKind, ModelReport
from apps.providers.remote_http import (
    CONTENT_TYPES,
    KEY_CHECK_SECONDS,
    RESULT_MAX_BYTES,
    HttpProvider,
    VendorRefusal,
    upload_part,
)
from apps.providers.request_types import MediaInput, ProviderRequest, Subject

NAMESPACE = uuid.UUID("7f2f4c0e-52c4-4f0b-9a55-3d6f0a1f7b11")
# Outputs are told apart by extension: their keys (`images`, `gifs`) don't distinguish videos from stills.
VIDEO_SUFFIXES = frozenset({".mp4", ".webm", ".mov", ".mkv"})
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})


class ComfyUi(HttpProvider):
    """See the module."""

    name = "comfyui"
    title = "ComfyUI"
    purpose = "Images, clips and lip-sync by workflows on your own graphics card, for free."
    sections = dict.fromkeys((Capability.IMAGE, Capability.VIDEO, Capability.LIPSYNC), ComfySection)
    url_setting = "COMFYUI_URL"
    key_setting = None
    capabilities = frozenset({Capability.IMAGE, Capability.VIDEO, Capability.LIPSYNC})
    poll_batch_size = 100
    # A single graphics card may have a queue of a whole project's clips.
    deadline_seconds: ClassVar[float] = 12 * 3600.0

    def headers(self) -> dict[str, str]:
        return {}

    def read_refusal(self, body: Any) -> VendorRefusal:
        if not isinstance(body, dict):
            return VendorRefusal()
        error = body.get("error")
        if not isinstance(error, dict):
            return VendorRefusal(words=str(error or ""))
        parts = [str(error.get("message") or ""), str(error.get("details") or ""), *_node_words(body)]
        return VendorRefusal(words=" ".join(part for part in parts if part), code=str(error.get("type") or ""))

    def pictures_sent(self, request: ProviderRequest) -> tuple[Subject, ...]:
        takes_one = "character_reference" in section_of(request).inputs
        return super().pictures_sent(request) if takes_one else ()

    def quote(self, request: ProviderRequest) -> Quote:
        section_of(request)
        return Quote(Decimal(0), "your own machine", bought_seconds=None, estimated=False)

    def prepare(self, request: ProviderRequest, *, key: str, webhook_url: str | None) -> PreparedSubmit:
        section = section_of(request)
        graph = workflow_graph(section, flavor=str(request.settings.get("flavor", "default")))
        self._refuse_missing(graph, section)
        values = scalars_of(request)  # type: ignore[arg-type]  # section_of rejected every other kind
        names = {field: self._upload(media) for field, media in files_of(request).items() if field in section.inputs}
        prompt_id = str(uuid.uuid5(NAMESPACE, key))
        body = {"prompt": graph_filled(graph, section, values | names), "prompt_id": prompt_id, "client_id": prompt_id}
        return PreparedSubmit(payload=body, model=section.workflow, mark=prompt_id)

    def submit(self, prepared: PreparedSubmit, *, capability: Capability, key: str) -> RemoteStatus:
        response = self.write("POST", "/prompt", json_body=prepared.payload, paid=True)
        if not isinstance(response, dict) or not response.get("prompt_id"):
            raise self.unclear(response, paid=True)
        ref = RemoteRef(self.name, str(response["prompt_id"]))
        if response.get("node_errors"):
            # Part of the graph was dropped; the rest would not be what was requested.
            self.cancel(ref)
            words = self.shown(" ".join(_node_words(response)))
            raise ProviderError(
                f"ComfyUI can't run the workflow: {words}", permanent=True, code="refused", raw=response
            )
        return RemoteStatus(ref, RemoteState.QUEUED, raw=response)

    def poll(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteStatus]:
        # The queue first: work that leaves it in the meantime is then found in the history.
        queued = self._queue()
        found = {}
        for ref in refs:
            if ref.remote_id in queued:
                found[ref] = RemoteStatus(ref, queued[ref.remote_id])
                continue
            entry = self._history(ref.remote_id)
            found[ref] = _status_of(ref, entry) if entry else _lost(ref)
        return found

    def collect(self, status: RemoteStatus, *, capability: Capability, into: Path) -> ProviderResult:
        is_image = capability is Capability.IMAGE
        wanted, role = (IMAGE_SUFFIXES, "image") if is_image else (VIDEO_SUFFIXES, "video")
        outputs = [one for one in _outputs(status.raw) if Path(one["filename"]).suffix.lower() in wanted]
        if not outputs:
            raise ProviderError(
                f"The ComfyUI workflow didn't save any {role}. Add a node that saves one to the output folder.",
                permanent=True,
                code="no_output",
                raw=dict(status.raw),
            )
        chosen = outputs if is_image else outputs[:1]
        files = tuple(self._view(one, into, role, number) for number, one in enumerate(chosen))
        return ProviderResult(files=files, facts={"prompt_id": status.ref.remote_id}, cost=Decimal(0))

    def cancel(self, ref: RemoteRef) -> None:
        self.write("POST", "/queue", json_body={"delete": [ref.remote_id]})
        # Only has an effect if exactly this prompt is running.
        self.write("POST", "/interrupt", json_body={"prompt_id": ref.remote_id})

    def find_unknown(self, prepared: PreparedSubmit, *, key: str, sent_after: float) -> RemoteStatus | None:
        ref = RemoteRef(self.name, prepared.mark)
        status = self.poll([ref])[ref]
        return None if status.state is RemoteState.NOT_FOUND else status

    def check_key(self) -> str:
        stats = self.read("/system_stats", time_limit_seconds=KEY_CHECK_SECONDS)
        system = stats.get("system", {}) if isinstance(stats, dict) else {}
        return f"the server responds, ComfyUI {system.get('comfyui_version', 'of unknown version')}"

    def check_models(self, uses: Sequence[ModelUse], *, today: date) -> tuple[ModelReport, ...]:
        return tuple(self._report(use) for use in uses)

    def _report(self, use: ModelUse) -> ModelReport:
        section = ComfySection.model_validate(use.settings["providers"][self.name])
        if not section.workflow:
            return ModelReport(use.model)
        try:
            graph = workflow_graph(section, flavor=str(use.settings.get("flavor", "default")))
            missing = self._missing(graph, section)
        except InputError as error:
            return ModelReport(use.model, (Finding(FindingKind.MISSING_PART, error.message),))
        words = (f"The workflow {section.workflow} needs {part}, which ComfyUI doesn't have." for part in missing)
        return ModelReport(use.model, tuple(Finding(FindingKind.MISSING_PART, one) for one in words))

    def _missing(self, graph: Graph, section: ComfySection) -> list[str]:
        classes = sorted({node["class_type"] for node in graph.values()})
        known = {name: self._node_type(name) for name in classes}
        return missing_parts(graph, known, filled_places(graph, section))

    def _node_type(self, name: str) -> Mapping[str, Any]:
        """Return the server's description of a node type; {} if it has none of that name."""
        answer = self.read(f"/object_info/{quote(name, safe='')}")
        if not isinstance(answer, dict):
            raise self.unclear(answer, paid=False)
        described = answer.get(name)
        return described if isinstance(described, dict) else {}

    def _refuse_missing(self, graph: Graph, section: ComfySection) -> None:
        """Raise ProviderError, before anything is uploaded or queued, if the server can't run the workflow."""
        missing = self._missing(graph, section)
        if missing:
            words = f"ComfyUI lacks what the workflow {section.workflow} needs: {', '.join(missing)}. Install it there."
            raise ProviderError(words, permanent=True, code="missing_part", evidence={"missing": missing})

    def _upload(self, media: MediaInput) -> str:
        """Upload the file (images and videos alike) to the server's input folder and return its name there."""
        part = upload_part(media.path, media.content_type)
        name = f"{media.sha256 or uuid.uuid4().hex}{Path(part.filename).suffix}"
        part = Upload(part.path, name, part.content_type)
        response = self.write(
            "POST", "/upload/image", fields={"overwrite": "true"}, uploads={"image": part}, time_limit_seconds=600.0
        )
        try:
            folder, stored = str(response.get("subfolder") or ""), str(response["name"])
        except (KeyError, TypeError, AttributeError) as error:
            raise self.unclear(response, paid=False) from error
        return f"{folder}/{stored}" if folder else stored

    def _queue(self) -> dict[str, RemoteState]:
        """Return every waiting or running prompt."""
        queue = self.read("/queue")
        try:
            running = {str(item[1]): RemoteState.RUNNING for item in queue["queue_running"]}
            pending = {str(item[1]): RemoteState.QUEUED for item in queue["queue_pending"]}
        except (KeyError, TypeError, IndexError) as error:
            raise self.unclear(queue, paid=False) from error
        return pending | running

    def _history(self, prompt_id: str) -> dict[str, Any]:
        history = self.read(f"/history/{prompt_id}")
        if not isinstance(history, dict):
            raise self.unclear(history, paid=False)
        return dict(history.get(prompt_id) or {})

    def _view(self, output: Mapping[str, str], into: Path, role: str, number: int) -> ProducedFile:
        suffix = Path(output["filename"]).suffix.lower()
        path = into / f"{role}_{number}{suffix}"
        query = urlencode({name: str(output.get(name) or "") for name in ("filename", "subfolder", "type")})
        try:
            http.download(f"{self.base_url}/view?{query}", into=path, max_bytes=RESULT_MAX_BYTES)
        except HttpFailure as failure:
            gone = failure.kind is FailureKind.REFUSED
            raise ProviderError(
                "ComfyUI no longer has the file." if gone else "The download from ComfyUI failed.",
                permanent=gone,
                code="result_gone" if gone else "download_failed",
            ) from failure
        return ProducedFile(path, role, CONTENT_TYPES.get(suffix, f"{role}/{suffix[1:]}"))


def _status_of(ref: RemoteRef, entry: Mapping[str, Any]) -> RemoteStatus:
    """Return a history entry's status. Failed and interrupted work differ only in the last message."""
    status = entry.get("status") or {}
    raw = {"outputs": entry.get("outputs") or {}, "status": status}
    if status.get("status_str") == "success" or (not status and entry.get("outputs")):
        return RemoteStatus(ref, RemoteState.SUCCEEDED, raw=raw, charged=False)
    messages = {name: data for name, data in status.get("messages") or [] if isinstance(data, dict)}
    if "execution_interrupted" in messages:
        return RemoteStatus(ref, RemoteState.CANCELLED, raw=raw, message="It was stopped in ComfyUI.", charged=False)
    error = messages.get("execution_error", {})
    node, text = error.get("node_type") or "a node", error.get("exception_message") or "no reason was given"
    words = f"ComfyUI failed in {node}: {' '.join(str(text).split())[:400]}"
    return RemoteStatus(ref, RemoteState.FAILED, raw=raw, message=words, charged=False)


def _lost(ref: RemoteRef) -> RemoteStatus:
    words = "ComfyUI no longer knows this work: it was restarted, or its history was cleared."
    return RemoteStatus(ref, RemoteState.NOT_FOUND, message=words, permanent=False, charged=False)


def _outputs(raw: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield every saved file of every node, without previews (`temp`) and inputs."""
    for node in (raw.get("outputs") or {}).values():
        for items in node.values() if isinstance(node, dict) else ():
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict) and item.get("type") == "output" and item.get("filename"):
                    yield item


def _node_words(body: Mapping[str, Any]) -> list[str]:
    """Return the problems by node."""
    return [
        f"node {node_id} ({facts.get('class_type', '?')}): {error.get('message', '')} {error.get('details', '')}"
        for node_id, facts in (body.get("node_errors") or {}).items()
        for error in facts.get("errors", [])
    ]


PROVIDER = ComfyUi()
