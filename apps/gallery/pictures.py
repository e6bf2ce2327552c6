"""The flavors' pictures, as pages need them. Drawing one is a worker's task: see `filming.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import Q

from apps.core.errors import NotFound
from apps.core.json import JsonObject
from apps.gallery.models import FlavorPicture
from apps.gallery.recipes import flavor_values, recipe_of
from apps.jobs.dispatch import task_dispatch
from apps.jobs.kinds import Queue

DRAW_TASK = "workers.gallery.flavor_picture_draw"
# A still takes a second of a free core, but the worker may be in the middle of a long film.
ASK_AGAIN = timedelta(minutes=2)
# A picture that couldn't be drawn is tried again this much later: the reason may have been the machine's.
TRY_AGAIN = timedelta(hours=1)
# Edits that were only tried out leave pictures behind; the ones shown last are kept.
MOST_KEPT = 200

What = Literal["still", "moving"]


@dataclass(frozen=True)
class ShownPicture:
    """Which files of a recipe exist by now. `problem` says why there won't be any; `requested`, whether anybody asked
    for it yet."""

    recipe: str
    still: bool
    moving: bool
    problem: str = ""
    requested: bool = False

    @property
    def waiting(self) -> bool:
        return not self.problem and not self.moving


def flavor_picture(*, flavor: str, changed: Mapping[str, JsonObject] | None = None) -> ShownPicture:
    """Return the flavor's picture as far as it is drawn, with values that aren't saved in `changed`."""
    recipe, _ = recipe_of(flavor_values(flavor, changed))
    return _row(recipe) or ShownPicture(recipe, still=False, moving=False)


def recipe_picture(*, recipe: str) -> ShownPicture:
    """Return the picture of a recipe that a page shows. Raises NotFound for one that was forgotten."""
    row = _row(recipe)
    if row is None:
        raise NotFound("There is no such picture.")
    return row


def flavor_picture_request(
    *, flavor: str, now: datetime, changed: Mapping[str, JsonObject] | None = None
) -> ShownPicture:
    """Have the flavor's picture drawn soon unless it exists, and return it as `flavor_picture` does."""
    recipe, values = recipe_of(flavor_values(flavor, changed))
    FlavorPicture.objects.get_or_create(recipe=recipe, defaults={"values": values, "shown_at": now})
    return recipe_picture_request(recipe=recipe, now=now)


def recipe_picture_request(*, recipe: str, now: datetime) -> ShownPicture:
    """Have the picture of a recipe drawn soon unless it exists. Raises NotFound for one that was forgotten."""
    row = recipe_picture(recipe=recipe)
    if not row.moving:
        _ask(recipe, now)
    return row


def flavor_picture_content(*, recipe: str, what: What) -> bytes:
    """Return a file's bytes. Raises NotFound."""
    content = FlavorPicture.objects.filter(recipe=recipe).values_list(what, flat=True).first()
    if not content:
        raise NotFound("There is no such picture.")
    return bytes(content)


def pictures_forget_old() -> None:
    """Delete all but the pictures shown last."""
    kept = FlavorPicture.objects.order_by("-shown_at").values("pk")[:MOST_KEPT]
    FlavorPicture.objects.exclude(pk__in=kept).delete()


def _row(recipe: str) -> ShownPicture | None:
    has = {"has_still": Q(still__isnull=False), "has_moving": Q(moving__isnull=False)}
    found = FlavorPicture.objects.filter(recipe=recipe).annotate(**has).values_list(*has, "problem").first()
    if not found:
        return None
    still, moving, problem = found
    return ShownPicture(recipe, still, moving, problem, requested=True)


def _ask(recipe: str, now: datetime) -> None:
    """Tell a worker, unless one was told a moment ago."""
    due = Q(asked_at=None) | Q(asked_at__lt=now - ASK_AGAIN, problem="") | Q(asked_at__lt=now - TRY_AGAIN)
    with transaction.atomic():
        if FlavorPicture.objects.filter(due, recipe=recipe, moving=None).update(asked_at=now, shown_at=now):
            task_dispatch(DRAW_TASK, queue=Queue.MEDIA, recipe=recipe)
