"""The generic flow of a generating job in a worker: open the request, have it made, hand the files on."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

from apps.jobs.execution import Done, Handed, JobRun, Outcome
from apps.jobs.remote import Opened, remote_produce
from apps.providers.base import LocalProvider, ProviderResult, RemoteProvider
from apps.providers.registry import provider_get
from apps.work.inputs import request_opened

Receiver = Callable[[JobRun, ProviderResult], Done]


def generation_run(run: JobRun, receive: Receiver) -> Outcome:
    """Make what the job asks for with its provider; `receive` stores the files and says what to save."""
    made = request_produce(run, partial(request_opened, run))
    if isinstance(made, Handed):
        return made
    return replace(receive(run, made), cost=made.cost)


def request_produce(run: JobRun, opened: Opened) -> ProviderResult | Handed:
    """Have the job's provider make it here, or go one step further with it elsewhere. `opened` opens the request."""
    provider = provider_get(run.job.provider)
    if isinstance(provider, LocalProvider):
        into = run.scratch / "made"
        into.mkdir()
        with opened() as request:
            return provider.make(request, into=into, progress=run.progress, cancelled=run.cancelled)
    return remote_produce(run, cast(RemoteProvider, provider), opened)
