"""What a provider offers to choose from: its models with their abilities, prices and state."""

import datetime
from dataclasses import dataclass, field
from enum import StrEnum

from apps.providers.sections import ModelAbilities, ModelFacts, ModelState, Price


@dataclass(frozen=True)
class ModelOffer:
    """One model. `model` is "" if the provider has only one, `price` None if it costs nothing or has no fixed price."""

    provider: str
    model: str
    title: str
    state: ModelState = ModelState.CURRENT
    price: Price | None = None
    abilities: ModelAbilities = field(default_factory=ModelAbilities)
    retires: datetime.date | None = None
    checked: datetime.date | None = None
    successor: str = ""


def offer_of(provider: str, model: str, facts: ModelFacts, *, today: datetime.date) -> ModelOffer:
    """Return the offer for an entry of a flavor's table."""
    return ModelOffer(
        provider=provider,
        model=model,
        title=facts.title or model,
        state=facts.state(today),
        price=facts.price,
        abilities=facts.abilities(),
        retires=facts.retires,
        checked=facts.checked,
        successor=facts.successor,
    )


class FindingKind(StrEnum):
    """What differs between our table and the vendor's own description. The first five make requests fail."""

    GONE = "gone"
    FIELD_MISSING = "field_missing"
    FIELD_REQUIRED = "field_required"
    VALUE_REFUSED = "value_refused"
    MISSING_PART = "missing_part"
    RETIRING = "retiring"
    PRICE_OLD = "price_old"

    @property
    def breaks(self) -> bool:
        """Whether requests fail because of it."""
        return self not in {FindingKind.RETIRING, FindingKind.PRICE_OLD}


@dataclass(frozen=True)
class Finding:
    """One difference, as a sentence. `field` is the vendor's name of the input, if it is about one."""

    kind: FindingKind
    message: str
    field: str = ""


@dataclass(frozen=True)
class ModelReport:
    """The result of asking the vendor about one model. `successor` is the model to use instead, if one is known."""

    model: str
    findings: tuple[Finding, ...] = ()
    successor: str = ""

    @property
    def gone(self) -> bool:
        """Whether the vendor no longer runs the model."""
        return any(finding.kind is FindingKind.GONE for finding in self.findings)

    @property
    def works(self) -> bool:
        """Whether requests to it can succeed."""
        return not any(finding.kind.breaks for finding in self.findings)
