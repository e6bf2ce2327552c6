"""People who make films over the API while things break. A request that fails is sent again under its key, as a careful
client does; what is refused in words is noted, not repeated."""

import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import media

# Songs of different lengths, so that more than one is listened to.
SONG_SECONDS = (6.0, 7.0, 8.0)
USERS = 4
# A third of the projects is asked for at once, the others in this share of the time, so that work is always going on.
ASKING_SHARE = 0.6
AT_ONCE = 3
CALL_SECONDS = 30.0
AGAIN_SECONDS = 1.0
# A cancel comes after this, while something is probably with a service.
CHANGE_SECONDS = 4.0
# After this, a key whose first request was cut off is given up, once it is known that nothing came of it.
KEY_SECONDS = 5.0
# Who does the work of each project in turn; what is left out, the studio does itself.
PROVIDERS: tuple[dict[str, str], ...] = (
    {"scenes": "chat", "image": "replicate", "video": "replicate"},
    {"image": "replicate", "video": "replicate"},
    {"scenes": "chat", "video": "replicate"},
    {"image": "replicate", "video": "replicate"},
    {},
)


class Refused(Exception):
    """The studio said no, in words."""


@dataclass
class Made:
    """What was asked for. `refusals` are the sentences of what was refused."""

    projects: dict[int, str] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    requests: int = 0
    failed_requests: int = 0


class Users:
    """Asks for `count` projects within a share of `seconds`: a song, the project, everything generated, and for every
    third one a lip-sync of its own. Some change their minds for a moment."""

    def __init__(self, url: str, *, count: int, seconds: float) -> None:
        self.made = Made()
        self._url = url
        late = [max(0, number - count // AT_ONCE) for number in range(count)]
        self._waits = [seconds * ASKING_SHARE * number / count for number in late]
        self.busy = threading.Event()  # the first project is being made
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._next = iter(range(count))
        self._started = time.monotonic()
        self._threads = [threading.Thread(target=self._user, daemon=True) for _ in range(min(USERS, count))]

    def start(self) -> None:
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()

    def finish(self, seconds: float) -> None:
        """Wait until all is asked for, and tell those who are still trying to stop."""
        ends_at = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, ends_at - time.monotonic()))
        self._stop.set()

    def _user(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                number = next(self._next, None)
            if number is None:
                return
            self._stop.wait(max(0.0, self._started + self._waits[number] - time.monotonic()))
            try:
                self._film(number)
            except Refused as refusal:
                with self._lock:
                    self.made.refusals.append(str(refusal))

    def _film(self, number: int) -> None:
        # Different words, because equal requests could not be told apart at a service without keys.
        title = f"Chaos {number}"
        sound = media.sound(SONG_SECONDS[number % len(SONG_SECONDS)])
        song = self._post("/api/audio", files={"file": ("song.wav", sound)}, fields={"title": title})["audio_id"]
        body: dict[str, Any] = {
            "title": title, "idea": f"Film number {number}: a neon city in the rain", "audio_id": song,
            "number_of_scenes": 2, "seed": number, "providers": PROVIDERS[number % len(PROVIDERS)],
        }  # fmt: skip
        project = self._post("/api/mv/projects", body)["id"]
        with self._lock:
            self.made.projects[number] = project
        self._post(f"/api/mv/projects/{project}/generate", {"confirm_cost": True})
        self.busy.set()
        if number % 4 == 1:
            self._change_mind(project)
        if number % 3 == 0:
            self._lipsync(song, number)

    def _change_mind(self, project: str) -> None:
        """Cancel whatever is being made of it a little later, and then have it made after all."""
        self._stop.wait(CHANGE_SECONDS)
        status, found = self._send("GET", f"/api/jobs?project={project}&state=queued&state=running&state=waiting")
        for job in found["results"] if status == 200 else []:
            # It may have ended since, or the response was lost: both are fine with a user who changes their mind.
            self._send("POST", f"/api/jobs/{job['id']}/cancel", b"{}")
        self._post(f"/api/mv/projects/{project}/generate", {"confirm_cost": True})

    def _lipsync(self, song: str, number: int) -> None:
        # Sync.so's prices are per second at 25 frames a second.
        clip = media.lavfi_video(f"testsrc2=duration={2 + number / 25}:size=320x180:rate=25")
        video = self._post("/api/assets", files={"file": ("clip.mp4", clip)}, fields={"kind": "video"})["id"]
        body = {"video_id": video, "audio_id": song, "end_time": 2, "provider": "sync_so", "confirm_cost": True}
        job = self._post("/api/mv/lipsync", body)["id"]
        with self._lock:
            self.made.jobs.append(job)

    def _post(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        files: dict[str, tuple[str, bytes]] | None = None,
        fields: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send until it is answered. Raises Refused for an answer that sending again would not change."""
        content, content_type = _multipart(files, fields or {}) if files else (json.dumps(body).encode(), "")
        key, cut_off_at = str(uuid.uuid4()), 0.0
        while True:
            status, answer = self._send("POST", path, content, content_type or "application/json", key=key)
            if status < 300:
                return answer
            if answer.get("code") == "idempotency_key_in_progress":
                # Its first request died with the web process. Creating another of these does no harm.
                cut_off_at = cut_off_at or time.monotonic()
                if time.monotonic() - cut_off_at > KEY_SECONDS:
                    key, cut_off_at = str(uuid.uuid4()), 0.0
            elif status not in {429, 507} and status < 500:
                raise Refused(f"POST {path}: {status} {answer.get('detail', answer)}")
            if self._stop.wait(AGAIN_SECONDS):
                raise Refused(f"POST {path}: not done when the time was over; last {status} {answer.get('detail', '')}")

    def _send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        content_type: str = "application/json",
        *,
        key: str = "",
    ) -> tuple[int, dict[str, Any]]:
        """Send once. Returns the status, or 599 if there was no response, and the body."""
        headers = {"Content-Type": content_type} | ({"Idempotency-Key": key} if key else {})
        request = urllib.request.Request(f"{self._url}{path}", content, headers, method=method)  # noqa: S310
        with self._lock:
            self.made.requests += 1
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as response:  # noqa: S310
                return int(response.status), json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                found = _json(error.read())
            status = error.code
        except (OSError, ValueError, EOFError) as error:
            found, status = {"detail": str(error)}, 599
        with self._lock:
            self.made.failed_requests += 1
        return status, found


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {"detail": body[:200].decode(errors="replace")}
    return found if isinstance(found, dict) else {"detail": str(found)}


def _multipart(files: dict[str, tuple[str, bytes]], fields: dict[str, str]) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, (file_name, content) in files.items():
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join([*parts, f"--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"
