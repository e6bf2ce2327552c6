"""A flavor's shot grammar: what the draft writer chooses from, and when."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engines.draft.look import MoveKind

Share = Annotated[float, Field(ge=0, le=1)]
ShotSize = Literal["extreme_wide", "wide", "full", "medium", "close", "extreme_close", "detail"]


class Choice(BaseModel):
    """One option. It suits song energy between `low` and `high` (0 quiet, 1 loudest)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: str = Field(min_length=1)
    low: Share = 0.0
    high: Share = 1.0

    @model_validator(mode="after")
    def _range_is_ordered(self) -> "Choice":
        if self.low > self.high:
            raise ValueError("low must not be above high")
        return self


class Shot(Choice):
    """A framing: `words` name it in the prompt, `size` tells the draft how to draw it."""

    size: ShotSize


class Move(Choice):
    """A camera move: `words` follow "the camera" in the prompt, `kind` is what the draft renders."""

    kind: MoveKind


class SceneGrammar(BaseModel):
    """Lists of options and the sentences they go into.

    `sentences` may name `{shot}`, `{moment}` (a whole clause: who does what, where), `{light}` and `{move}`; each must
    name `{shot}`, `{moment}` and `{move}`. `{subject}`, `{action}` and `{place}` are the moment's parts: a sentence
    that says them apart is written without the moment, so that nothing is said twice. `inserts` are sentences for
    shots of one thing, which `{moment}` names, without the character.
    `style` ends every prompt. `performance_sections` are the sections in which the character sings;
    `performance_share` is the share of their scenes that show it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    shots: list[Shot] = Field(min_length=4)
    moves: list[Move] = Field(min_length=4)
    lights: list[Choice] = Field(min_length=3)
    places: list[Choice] = Field(min_length=3)
    actions: list[Choice] = Field(min_length=3)
    performances: list[Choice] = Field(min_length=2)
    sentences: list[str] = Field(min_length=2)
    inserts: list[str] = Field(min_length=1)
    style: str
    performance_sections: list[str]
    performance_share: Share
    subject_without_character: str

    @model_validator(mode="after")
    def _sentences_name_what_they_must(self) -> "SceneGrammar":
        for sentence in [*self.sentences, *self.inserts]:
            missing = [name for name in ("{shot}", "{moment}", "{move}") if name not in sentence]
            if missing:
                raise ValueError(f"the sentence {sentence!r} must name {', '.join(missing)}")
        return self
