"""The connections to providers: what each is for, what it still needs, and keys entered in the studio."""

import re
from dataclasses import dataclass

import structlog
from django.core.exceptions import PermissionDenied

from apps.accounts.models import User
from apps.catalog.selectors import model_offers, models_in_trouble
from apps.catalog.uses import CHECKED
from apps.core.errors import InputError, ProviderError
from apps.credentials.store import stored_value, value_remove, value_store, values_may_be_entered
from apps.providers.base import Provider, RemoteProvider
from apps.providers.capabilities import Capability
from apps.providers.offers import ModelOffer
from apps.providers.registry import PROVIDERS, provider_get
from apps.providers.remote_http import SHORTEST_SECRET, HttpProvider, from_environment
from apps.providers.variables import Number, Secret, Text, Url

log = structlog.get_logger(__name__)

# Longer than any key, address or model's name.
LONGEST_VALUE = 500
ADDRESS = re.compile(r"https?://[^\s/@]+(/[^\s@?#]*)?")
# A line break in a header could end it; keys are plain ASCII everywhere.
PRINTABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Field:
    """One setting of a provider. `source` is "environment", "entered", "default" or "" for none.

    `shown` is its value, "" for a secret: nothing of a key is ever shown. `enterable`: it can be entered here;
    `entered`: it was, although the environment may count instead."""

    name: str
    label: str
    source: str
    shown: str
    secret: bool
    address: bool
    enterable: bool
    entered: bool


@dataclass(frozen=True)
class Connection:
    """One provider. `missing` says what to set, "" if it can be used."""

    provider: Provider
    missing: str
    fields: tuple[Field, ...]
    submits_per_minute: float | None

    @property
    def testable(self) -> bool:
        return isinstance(self.provider, RemoteProvider) and not self.missing


@dataclass(frozen=True)
class KeyTest:
    """What the provider said when it was asked with the key in force."""

    works: bool
    message: str


def connections() -> list[Connection]:
    """Return every provider, the built-in one first."""
    return [connection_of(provider) for provider in PROVIDERS.values()]


def connection_of(provider: Provider) -> Connection:
    per_minute = provider.submits_per_minute if isinstance(provider, RemoteProvider) else None
    return Connection(provider, provider.missing_configuration(), _fields(provider), per_minute)


@dataclass(frozen=True)
class OfferedHere:
    """One of a provider's models for one kind of work. `problem` is what the last check found wrong with it."""

    capability: Capability
    offer: ModelOffer
    problem: str


def models_by_provider() -> dict[str, list[OfferedHere]]:
    """Return the default flavor's models of each provider, with what the last check found."""
    problems = {
        (row.provider, row.capability, row.model): " ".join(finding["message"] for finding in row.findings)
        for row in models_in_trouble()
    }
    found: dict[str, list[OfferedHere]] = {}
    for capability in CHECKED:
        for offer in model_offers(capability):
            if offer.model:
                problem = problems.get((offer.provider, capability, offer.model), "")
                found.setdefault(offer.provider, []).append(OfferedHere(capability, offer, problem))
    return found


def connection_enter(*, by: User, provider_name: str, values: dict[str, str]) -> None:
    """Store the non-empty values. Raises InputError naming the field of one that isn't usable."""
    refuse_others(by)
    fields = {field.name: field for field in _fields(provider_get(provider_name)) if field.enterable}
    if not fields:
        raise InputError("Nothing can be entered here. Set the provider's variables in the environment.")
    entered = {name: value.strip() for name, value in values.items() if value.strip()}
    unknown = entered.keys() - fields.keys()
    if unknown:
        raise InputError(f"{sorted(unknown)[0][:100]} can't be entered here. Set it in the environment.")
    if not entered:
        raise InputError("Enter a value first.", errors={next(iter(fields)): ["may not be empty"]})
    checked = {name: _checked(fields[name], value) for name, value in entered.items()}
    for name, value in checked.items():
        value_store(name=name, value=value)
    log.info("connection_entered", provider=provider_name, names=sorted(checked), user_id=by.pk)


def connection_forget(*, by: User, provider_name: str, name: str) -> None:
    """Delete one entered value."""
    refuse_others(by)
    if name not in {field.name for field in _fields(provider_get(provider_name))}:
        raise InputError("There is no such setting.")
    value_remove(name=name)
    log.info("connection_forgotten", provider=provider_name, name=name, user_id=by.pk)


def connection_test(*, by: User, provider_name: str) -> KeyTest:
    """Ask the provider about the account, with one free call."""
    refuse_others(by)
    provider = provider_get(provider_name)
    if not isinstance(provider, RemoteProvider):
        return KeyTest(works=True, message="It is part of the studio and needs no key.")
    if not provider.configured():
        return KeyTest(works=False, message=provider.missing_configuration())
    try:
        found = provider.check_key()
    except ProviderError as error:
        return KeyTest(works=False, message=error.message)
    text = provider.shown(found) if isinstance(provider, HttpProvider) else found
    return KeyTest(works=True, message=f"{text[:1].upper()}{text[1:]}.")


def refuse_others(by: User) -> None:
    """Raise PermissionDenied unless the user runs this installation: keys belong to it, not to its users."""
    if not by.is_staff:
        raise PermissionDenied("Only staff may test or enter keys.")


def _fields(provider: Provider) -> tuple[Field, ...]:
    if not isinstance(provider, HttpProvider):
        return ()
    return tuple(_field(provider, one) for one in provider.variables() if not isinstance(one, Number) and one.label)


def _field(provider: HttpProvider, variable: Text | Url) -> Field:
    secret, free = isinstance(variable, Secret), provider.may_be_entered(variable)
    entered = bool(stored_value(variable.name))
    value = provider.setting(variable.name)
    source = "environment" if from_environment(variable) else "entered" if free and entered else "default"
    return Field(
        name=variable.name,
        label=variable.label,
        source=source if value else "",
        shown="" if secret else value,
        secret=secret,
        address=isinstance(variable, Url),
        entered=entered,
        enterable=free and values_may_be_entered(),
    )


def _checked(field: Field, value: str) -> str:
    """Return the value as it is stored. The messages don't repeat it."""
    if len(value) > LONGEST_VALUE or not PRINTABLE.fullmatch(value):
        raise _unusable(field, f"Use at most {LONGEST_VALUE} letters, digits and signs, without spaces.")
    if field.secret and len(value) < SHORTEST_SECRET:
        raise _unusable(field, f"This is too short for a key: it has fewer than {SHORTEST_SECRET} characters.")
    if field.address:
        if not ADDRESS.fullmatch(value):
            raise _unusable(field, "Enter an address such as http://127.0.0.1:8188, without user name or query.")
        return value.rstrip("/")
    return value


def _unusable(field: Field, words: str) -> InputError:
    return InputError(f"{field.label}: {words}", errors={field.name: [words]})
