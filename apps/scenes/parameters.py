"""Parameters of jobs that need no provider: own clips, and a look before a lip-sync."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.jobs.parameters import JobParameters
from apps.projects.models import Fit


class UploadParameters(JobParameters):
    """The user's own footage from `start_time` seconds on, converted to the project's format. The scene shows it from
    `clip_in` to `clip_out`, in seconds of what is kept."""

    asset_id: UUID
    start_time: Decimal = Decimal(0)
    clip_in: Decimal = Decimal(0)
    clip_out: Decimal | None = None
    fit: Fit

    def told(self) -> dict[str, Any]:
        """Return the parameters as the clip stores and shows them."""
        return self.model_dump(mode="json", exclude={"version", "clip_in", "clip_out"})


class TrimParameters(UploadParameters):
    """[start_time, end_time) in seconds of the untrimmed clip, the parent."""

    parent_id: UUID
    end_time: Decimal


class PreflightParameters(JobParameters):
    """A look at one clip, or at one sound, before a lip-sync."""

    asset_id: UUID


class TrimmedPart(BaseModel):
    """The range stored in a trimmed clip's row, whichever release wrote it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_time: Decimal
    end_time: Decimal

    @classmethod
    def find(cls, kept: Mapping[str, Any]) -> Self | None:
        """Return the range; None if the clip isn't trimmed."""
        try:
            return cls.model_validate(kept)
        except ValidationError:
            return None
