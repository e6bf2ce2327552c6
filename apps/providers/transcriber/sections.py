"""The transcription server's section of `transcription_params`."""

from pydantic import Field

from apps.providers.openai_server import ServerSection
from apps.providers.sections import ModelFacts, Price


class TranscriberSection(ServerSection):
    """`price` is per second of sound, for a model that is not among `models`."""

    price: Price
    models: dict[str, ModelFacts] = Field(default_factory=dict)

    def price_of(self, model: str) -> Price:
        """Return what a second, or a run, of this model costs."""
        return self.models[model].price if model in self.models else self.price
