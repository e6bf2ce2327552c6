"""What a job leaves on its row for the API, pages and follow-ups: a frozen model for each kind of result."""

from pydantic import BaseModel, ConfigDict

from apps.core.json import JsonObject


class JobResult(BaseModel):
    """The work's outcome. Each kind's model lives with whoever does that kind of work. A field of
    it that was not set is left out of the JSON, which clients read: fields may be added but not renamed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def dump(self) -> JsonObject:
        """Return the JSON for the row."""
        return {name: value for name, value in self.model_dump(mode="json").items() if name in self.model_fields_set}
