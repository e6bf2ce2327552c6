"""A Pro job's parameters: the order, and where its result goes."""

from uuid import UUID

from apps.jobs.parameters import Frozen, JobParameters
from apps.pro.order import ProOrder


class ProHome(Frozen):
    """The source of the order: a scene's clip or a composed video."""

    clip_id: UUID | None = None
    composition_id: UUID | None = None


class ProParameters(JobParameters):
    """Without `home` the result belongs to the caller alone."""

    order: ProOrder
    home: ProHome | None = None
