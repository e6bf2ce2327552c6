"""A Pro job's parameters: the order, and where its result goes."""

from uuid import UUID

from apps.jobs.parameters import Frozen, JobParameters
from apps.pro.order import ProOrder


class ProDestination(Frozen):
    """The source of the order: a scene's clip or a composed video."""

    clip_id: UUID | None = None
    composition_id: UUID | None = None


class ProParameters(JobParameters):
    """`home`, its name on stored rows, is where the result goes; without it the result belongs to the caller alone."""

    order: ProOrder
    home: ProDestination | None = None
