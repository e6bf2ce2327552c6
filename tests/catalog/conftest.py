"""The fakes of the paid services, with settings that point at them."""

from tests.jobs.remote.conftest import make_fake, no_delays, replicate, sync_so  # noqa: F401
