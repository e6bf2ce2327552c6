"""Shared code of providers that call a server with OpenAI's API: hosted, or somebody's own (Ollama, vLLM, …).

Their calls are synchronous: the response comes with `submit`. There is no idempotency key and no listing, so a person
decides about a lost response, unless the server charges nothing.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from apps.core.errors import InputError, ProviderError
from apps.core.http_failures import FailureKind, HttpFailure
from apps.providers.base import PreparedSubmit, RemoteRef, RemoteState, RemoteStatus
from apps.providers.capabilities import Capability
from apps.providers.offers import ModelOffer
from apps.providers.remote_http import KEY_CHECK_SECONDS, HttpProvider, VendorRefusal
from apps.providers.sections import ModelDates, Section

HOSTS_THAT_NEED_A_KEY = frozenset(
    {"api.openai.com", "api.groq.com", "generativelanguage.googleapis.com", "openrouter.ai", "ollama.com"}
)
# These mean that the account is out of credit, although they come as 429.
NO_CREDIT_CODES = frozenset({"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"})


class ServerSection(Section):
    """What the sections of these providers have in common. With an empty `model`, the environment's is used; `models`
    are others to choose from, each with its own price."""

    model: str = ""
    models: Mapping[str, ModelDates] = Field(default_factory=dict)


SectionT = TypeVar("SectionT", bound=ServerSection)


class OpenAIServer(HttpProvider, Generic[SectionT]):
    """A provider with one capability and one section, whose model the environment names if the flavor names none."""

    key_setting: ClassVar[str]
    model_setting: ClassVar[str]
    # Its only section's class.
    section: type[SectionT]
    # The account's name, at the start of a sentence.
    account: ClassVar[str]
    # What it is set up for, after "to", and what to do besides if the model is not found.
    aim: ClassVar[str]
    model_advice: ClassVar[str] = ""

    def missing_configuration(self) -> str:
        host = urlsplit(self.base_url).hostname or ""
        needed = [self.url_setting, self.model_setting]
        needed += [self.key_setting] if host in HOSTS_THAT_NEED_A_KEY or not host else []
        missing = [name for name in needed if not self.setting(name)]
        return f"Set {' and '.join(missing)} to {self.aim}." if missing else ""

    def headers(self) -> dict[str, str]:
        # Ollama and vLLM need no key; an empty Bearer would be rejected.
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def special_error(self, failure: HttpFailure, refusal: VendorRefusal) -> ProviderError | None:
        words = self.shown(refusal.words)
        if failure.kind is FailureKind.THROTTLED and refusal.code in NO_CREDIT_CODES:
            message = f"{self.account} has no credit left. Add credit there, then retry. It said: {words}"
            return ProviderError(message, permanent=True, code="no_credit")
        if failure.status == 404:
            places = f"{self.model_setting} and {self.url_setting}{self.model_advice}"
            return ProviderError(f"The model was not found. Check {places}. {words}", permanent=True, code="unknown")
        return None

    def poll(self, refs: Sequence[RemoteRef]) -> Mapping[RemoteRef, RemoteStatus]:
        """Return NOT_FOUND: nothing remains to poll after the response, and a lost response can't be fetched again."""
        lost = f"A response of {self.title} can't be fetched again."
        return {ref: RemoteStatus(ref, RemoteState.NOT_FOUND, message=lost) for ref in refs}

    def cancel(self, ref: RemoteRef) -> None:
        """Do nothing: the response came with the call."""

    @abstractmethod
    def prices_of(self, prepared: PreparedSubmit) -> Iterable[Decimal]:
        """Return every price that the frozen request was quoted with."""

    def find_unknown(self, prepared: PreparedSubmit, *, key: str, sent_after: float) -> RemoteStatus | None:
        """Return None for a server without a price: it charged nothing, so the call may simply be repeated."""
        if all(price == 0 for price in self.prices_of(prepared)):
            return None
        return super().find_unknown(prepared, key=key, sent_after=sent_after)

    def section_of(self, settings: Mapping[str, Any]) -> SectionT:
        """Return the flavor's section. Raises InputError if it is missing or invalid."""
        try:
            return self.section.model_validate(settings["providers"][self.name])
        except (KeyError, ValidationError) as error:
            raise InputError(f"The flavor has no valid providers.{self.name} section.") from error

    @abstractmethod
    def offer(self, name: str, section: SectionT, today: date) -> ModelOffer:
        """Return how the model of that name is offered."""

    def models(self, capability: Capability, settings: Mapping[str, Any], *, today: date) -> tuple[ModelOffer, ...]:
        section = self.section_of(settings)
        return tuple(self.offer(name, section, today) for name in self.offered_names(capability, settings))

    def offered_names(self, capability: Capability, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.model_used(capability, settings), *self.section_of(settings).models)))

    def lists_model(self, capability: Capability, settings: Mapping[str, Any], model: str) -> bool:
        return model in self.offered_names(capability, settings)

    def model_used(self, capability: Capability, settings: Mapping[str, Any]) -> str:
        return str(settings["providers"][self.name].get("model") or self.setting(self.model_setting))

    def check_key(self) -> str:
        listed = self.read("/models", time_limit_seconds=KEY_CHECK_SECONDS)
        names = [str(model.get("id")) for model in (listed.get("data") or [])] if isinstance(listed, dict) else []
        model = self.setting(self.model_setting)
        known = "offers" if model in names else "does not list"
        return f"the server responds and {known} {model or 'no model (none is set)'}"
