"""What a judge said of a take, as its row keeps it. It is advice: only "best of" acts on it."""

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.core.json import JsonObject
from apps.providers.base import TakeVerdict
from apps.scenes.models import Clip


class Verdict(BaseModel):
    """Marks from 0 to 10, and the reasons; see `TakeVerdict`. `model` gave them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    identity: int | None = None
    prompt: int
    artifacts: int
    words: tuple[str, ...] = ()
    model: str = ""

    @classmethod
    def of(cls, said: TakeVerdict, *, model: str) -> Self:
        return cls(
            identity=said.identity, prompt=said.prompt, artifacts=said.artifacts, words=said.words, model=model[:200]
        )

    @classmethod
    def find(cls, clip: Clip) -> Self | None:
        """Return the clip's verdict; None if nobody judged it."""
        try:
            return cls.model_validate(clip.verdict) if clip.verdict else None
        except ValidationError:
            return None

    def told(self) -> JsonObject:
        """Return the JSON that the clip's row keeps."""
        return self.model_dump(mode="json")

    @property
    def mean(self) -> float:
        marks = [mark for mark in (self.identity, self.prompt, self.artifacts) if mark is not None]
        return sum(marks) / len(marks)

    @property
    def score(self) -> int:
        """The one number that is shown."""
        return round(self.mean)

    @property
    def rank(self) -> tuple[float, int]:
        """Sorts the better take later: by the mean and, if that is the same, by the worst mark."""
        return self.mean, min(mark for mark in (self.identity, self.prompt, self.artifacts) if mark is not None)

    @property
    def sentence(self) -> str:
        """`Judge: 8/10 · face matches · left hand has six fingers`."""
        return " · ".join([f"Judge: {self.score}/10", *self.words])

    @property
    def marks(self) -> str:
        """All of them in words, for a tip."""
        faces = "" if self.identity is None else f"Faces and places {self.identity}, "
        words = f"{faces}prompt {self.prompt}, clean picture {self.artifacts} of 10."
        return f"{words} Advice by {self.model}" if self.model else words
