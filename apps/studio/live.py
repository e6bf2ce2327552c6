"""Pages that change while work goes on.

A page is made of pieces. Each carries its id and a short hash of what it shows (`data-seen`); the page's poller
posts the hashes that it holds, and only pieces that look different now come back, out of band. So an open menu
or a playing clip is left alone, and a quiet round costs a 204.

The hashes travel in a body, since a project of many scenes has more of them than an address may hold, and as one
field, since a form may have only so many.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

# While something runs, and while nothing does (another tab may start something).
BUSY_SECONDS = 2
IDLE_SECONDS = 15
# Of a page: itself, and by POST what changed on it.
LIVE_METHODS = ("GET", "HEAD", "POST")


@dataclass(frozen=True)
class Fragment:
    """`facts` is everything the template shows that can change; `context` what it needs to render."""

    id: str
    template: str
    facts: Any
    context: dict[str, Any]

    @property
    def seen(self) -> str:
        text = json.dumps([self.id, self.facts], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def live_response(request: HttpRequest, pieces: Sequence[Fragment], *, url: str, busy: bool) -> HttpResponse:
    """The pieces that the page does not show yet, and the poller when its pace changes. 204 when nothing did.

    All of it is out of band, so it fits whatever asked: the poller or a form.
    """
    held = held_pieces(request)
    changed = [piece for piece in pieces if piece.seen not in held]
    poll = poll_of(url, busy=busy)
    pace_changed = poll["seen"] not in held
    if not changed and not pace_changed:
        return HttpResponse(status=204)
    parts = [piece_html(request, piece, out_of_band=True) for piece in changed]
    if pace_changed:
        parts.append(render_to_string("components/poller.html", {"poll": poll, "out_of_band": True}))
    return HttpResponse("".join(parts))


def changed_list(request: HttpRequest, whole: Fragment, rows: Sequence[Fragment]) -> list[Fragment]:
    """The rows of a list that is still the same list, else the whole of it anew. `whole` has the rows inside."""
    return list(rows) if whole.seen in held_pieces(request) else [whole]


def held_pieces(request: HttpRequest) -> set[str]:
    """The hashes of what the page shows, from a poll or from a form's request."""
    return set(request.POST.get("seen", "").split())


def piece_html(request: HttpRequest, piece: Fragment, *, out_of_band: bool = False) -> str:
    context = {**piece.context, "piece": piece, "out_of_band": out_of_band}
    return render_to_string(piece.template, context, request=request)


def poll_of(url: str, *, busy: bool) -> dict[str, str | int]:
    """What the page's poller shows: whom it asks, and how often."""
    return {"url": url, "seen": "busy" if busy else "idle", "seconds": BUSY_SECONDS if busy else IDLE_SECONDS}
