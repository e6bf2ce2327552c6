"""What a job was asked for, as it lies on its row: one frozen model for each kind, written and read through it.

Each kind's model lives with whoever makes that kind of job. A release that changes a model's JSON raises its version
and reads the versions before it, since jobs that were queued by the earlier release run after an update.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Self, TypeVar

from django.db.models import Case, CharField, FloatField, TextField, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
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


Parameters = TypeVar("Parameters", bound=JobParameters)


class ParametersReader:
    """Parses a job's parameters once for as long as they stay the same."""

    def __init__(self) -> None:
        self._kept: tuple[JsonObject, JobParameters] | None = None

    def read(self, model: type[Parameters], job: Job) -> Parameters:
        """What the job was asked for. Raises InputError where it can't be read."""
        if self._kept is not None and self._kept[0] is job.parameters and isinstance(self._kept[1], model):
            return self._kept[1]
        parsed = model.read(job)
        self._kept = (job.parameters, parsed)
        return parsed


def parameters_adopt(job: Job, newer: Job) -> None:
    """Take over what another instance of the same job was read or written with."""
    job.parameters = newer.parameters


def parameters_replace(job: Job, parameters: JobParameters) -> None:
    """Write what became known only when the job ran, so that its next claim finds it."""
    job.parameters = parameters.dump()
    Job.objects.filter(pk=job.pk).update(parameters=job.parameters)


@dataclass(frozen=True)
class Asked:
    """What every kind's JSON may tell about the work's size. `seconds`: a clip's, film's or sung part's length."""

    model: str = ""
    seconds: float | None = None


def asked_of(job: Job) -> Asked:
    """Read the work's size from the row, also of a job that no model can read any more."""
    stored: JsonObject = job.parameters
    values = stored.get("frozen", {}).get("values", {})
    model = values.get("settings", {}).get("providers", {}).get(job.provider, {}).get("model", "")
    part, plan = stored.get("audio_segment") or {}, stored.get("plan") or {}
    seconds = values.get("duration_seconds")
    if part.get("end_time") is not None and part.get("start_time") is not None:
        seconds = float(part["end_time"] - part["start_time"])
    elif plan.get("shots"):
        seconds = float(sum(shot["frames"] for shot in plan["shots"]) / Fraction(plan["fps"]))
    return Asked(model, seconds)


def seconds_asked() -> Coalesce:
    """Return the same seconds as an expression for queries; a composed video's are what came out."""

    def number(path: str) -> Cast:
        return Cast(KT(path), FloatField())

    sung = number("parameters__audio_segment__end_time") - number("parameters__audio_segment__start_time")
    composed = number("result__proof__duration_seconds")
    return Coalesce(number("parameters__frozen__values__duration_seconds"), sung, composed, output_field=FloatField())


def model_asked(providers: Iterable[str]) -> Case:
    """Return the model that was asked for as an expression for queries; "" where the provider has only one."""
    paths = {name: f"parameters__frozen__values__settings__providers__{name}__model" for name in providers}
    whens = [When(provider=name, then=Coalesce(KT(path), Value(""))) for name, path in paths.items()]
    return Case(*whens, default=Value(""), output_field=TextField())


def scene_judged() -> Cast:
    """Return the id of the scene whose takes a job judges, as an expression for queries."""
    return Cast(KT("parameters__scene_id"), CharField())


def shot_of_part() -> Cast:
    """Return the id of the job that a part of a shot belongs to, as an expression for queries."""
    return Cast(KT("parameters__shot_id"), CharField())
