"""How a worker runs a generation job: open the request, let the provider do the work, and pass on the files."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

from apps.jobs.execution import Done, HandedOff, JobRun, Outcome
from apps.jobs.remote import RequestOpener, remote_produce
from apps.providers.base import LocalProvider, ProviderResult, RemoteProvider
from apps.providers.registry import provider_get
from apps.work.inputs import request_opened

Receiver = Callable[[JobRun, ProviderResult], Done]


def generation_run(run: JobRun, receive: Receiver) -> Outcome:
    """Generate what the job asks for with its provider. `receive` stores the files and returns what to save."""
    made = request_produce(run, partial(request_opened, run))
    if isinstance(made, HandedOff):
        return made
    return replace(receive(run, made), cost=made.cost)


def request_produce(run: JobRun, open_request: RequestOpener) -> ProviderResult | HandedOff:
    """Run a local provider's work here, or take the next step of a remote provider's."""
    provider = provider_get(run.job.provider)
    if isinstance(provider, LocalProvider):
        into = run.scratch / "made"
        into.mkdir()
        with open_request() as request:
            return provider.make(request, into=into, progress=run.progress, cancelled=run.cancelled)
    return remote_produce(run, cast(RemoteProvider, provider), open_request)
