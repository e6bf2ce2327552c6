"""The generic flow of a generating job in a worker: open the request, have it made, hand the files on."""

from collections.abc import Callable
from typing import cast

from apps.generation.inputs import request_opened
from apps.jobs.execution import Done, Handed, JobRun, Outcome
from apps.jobs.remote import remote_produce
from apps.providers.base import LocalProvider, ProviderResult, RemoteProvider
from apps.providers.registry import provider_get

Receiver = Callable[[JobRun, ProviderResult], Done]


def generation_run(run: JobRun, receive: Receiver) -> Outcome:
    """Make what the job asks for with its provider; `receive` stores the files and says what to save."""
    provider = provider_get(run.job.provider)
    with request_opened(run) as request:
        if isinstance(provider, LocalProvider):
            into = run.scratch / "made"
            into.mkdir()
            made: ProviderResult | Handed = provider.make(
                request, into=into, progress=run.progress, cancelled=run.cancelled
            )
        else:
            made = remote_produce(run, cast(RemoteProvider, provider), request)
        return made if isinstance(made, Handed) else receive(run, made)
