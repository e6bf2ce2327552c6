"""What a job was asked for, as it lies on its row: one frozen model for each kind, written and read through it.

Each kind's model lives with whoever makes that kind of job. A release that changes a model's JSON raises its version
and reads the versions before it, since jobs that were queued by the earlier release run after an update.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.core.errors import InputError
from apps.core.json import JsonObject
from apps.jobs.models import Job

# The first version's JSON carried no number. It had the same fields, and left out those with nothing to say.
UNNUMBERED = 1


class Frozen(BaseModel):
    """A part of a job's parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JobParameters(Frozen):
    """Everything that the work needs, whatever changes in the studio meanwhile."""

    version: Literal[2] = 2

    def dump(self) -> JsonObject:
        """The JSON for the row. Defaults are written too: what was asked for never changes with the code."""
        return self.model_dump(mode="json")

    @classmethod
    def read(cls, job: Job) -> Self:
        """What the job was asked for. Raises InputError where nothing is written, or nothing that can be read."""
        if not job.parameters:
            raise InputError("This job was never fully prepared, so it can't be retried. Start it again.")
        try:
            return cls.parsed(job.parameters)
        except ValidationError as error:
            raise InputError(
                "This release can't read what the job was asked to do. Start it again.",
                code="parameters_unreadable",
                evidence={"problems": str(error)[:2000]},
            ) from error

    @classmethod
    def find(cls, job: Job) -> Self | None:
        """The same for pages and follow-ups, which also meet jobs that ran elsewhere: None instead of an error."""
        try:
            return cls.read(job)
        except InputError:
            return None

    @classmethod
    def parsed(cls, stored: JsonObject) -> Self:
        """The model of JSON of this version or one before. Raises ValidationError."""
        if stored.get("version", UNNUMBERED) == UNNUMBERED:
            return cls.model_validate({**stored, "version": 2}, extra="ignore")
        return cls.model_validate(stored)


def parameters_replace(job: Job, parameters: JobParameters) -> None:
    """Write what became known only when the job ran, so that its next claim finds it."""
    job.parameters = parameters.dump()
    Job.objects.filter(pk=job.pk).update(parameters=job.parameters)
