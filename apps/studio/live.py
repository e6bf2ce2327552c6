"""Pages that update while work is in progress.

A page consists of pieces. Each carries its id and a short hash of what it shows (`data-seen`); the page's poller posts
the hashes it holds, and only pieces that have changed come back, out of band. An open menu or a playing clip is left
alone, and a poll without changes costs a 204.

The hashes are sent in the body, because a project of many scenes has more than a URL may hold, and as one field,
because the number of form fields is limited.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

# While something is running, and while nothing is (another tab may start something).
BUSY_SECONDS = 2
IDLE_SECONDS = 15
# A page's mark stands among the hashes of its pieces.
MARK = "at-"
# A page's methods: GET returns the page, POST what changed on it.
LIVE_METHODS = ("GET", "HEAD", "POST")


@dataclass(frozen=True)
class Fragment:
    """`facts` is everything shown that can change; `context` is what the template needs to render."""

    id: str
    template: str
    facts: Any
    context: dict[str, Any]

    @property
    def seen(self) -> str:
        text = json.dumps([self.id, self.facts], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def live_response(
    request: HttpRequest, pieces: Sequence[Fragment], *, url: str, busy: bool, mark: str = ""
) -> HttpResponse:
    """Return the pieces that changed, and the poller if its pace changes; 204 if nothing did. `mark`: the new one of a
    page that carries one (see project/quiet.py).

    Everything is swapped out of band, so it suits both the poller and forms.
    """
    held = held_pieces(request)
    changed = [piece for piece in pieces if piece.seen not in held]
    poll = poll_of(url, busy=busy)
    pace_changed = poll["seen"] not in held
    if not changed and not pace_changed and not mark:
        return HttpResponse(status=204)
    parts = [piece_html(request, piece, out_of_band=True) for piece in changed]
    if pace_changed:
        parts.append(render_to_string("components/poller.html", {"poll": poll, "out_of_band": True}))
    if mark:
        parts.append(render_to_string("components/mark.html", {"mark": mark, "out_of_band": True}))
    return HttpResponse("".join(parts))


def changed_list(request: HttpRequest, whole: Fragment, rows: Sequence[Fragment]) -> list[Fragment]:
    """Return the changed rows if the list's contents are the same, else the whole list. `whole` includes the rows."""
    return list(rows) if whole.seen in held_pieces(request) else [whole]


def held_pieces(request: HttpRequest) -> set[str]:
    """Return the hashes of what the page shows, from a poll or a form."""
    return set(request.POST.get("seen", "").split())


def piece_html(request: HttpRequest, piece: Fragment, *, out_of_band: bool = False) -> str:
    context = {**piece.context, "piece": piece, "out_of_band": out_of_band}
    return render_to_string(piece.template, context, request=request)


def poll_of(url: str, *, busy: bool) -> dict[str, str | int]:
    """Return the context of the page's poller: its URL and interval."""
    return {"url": url, "seen": pace_of(busy=busy), "seconds": BUSY_SECONDS if busy else IDLE_SECONDS}


def pace_of(*, busy: bool) -> str:
    return "busy" if busy else "idle"
