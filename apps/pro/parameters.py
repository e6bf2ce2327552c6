"""What a Pro job is asked for: the order, and where its result goes."""

from uuid import UUID

from apps.jobs.parameters import Frozen, JobParameters
from apps.pro.order import ProOrder


class ProHome(Frozen):
    """What the order was started from: the clip of a scene, or a composed video."""

    clip_id: UUID | None = None
    composition_id: UUID | None = None


class ProParameters(JobParameters):
    """Without `home` the result is the caller's own."""

    order: ProOrder
    home: ProHome | None = None
