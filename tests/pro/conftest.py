from tests.jobs.remote.conftest import make_fake, no_delays, sync_so

__all__ = ["make_fake", "no_delays", "sync_so"]
