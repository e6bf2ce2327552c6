"""Projects with real media on disk, and jobs that really run, in this process."""

from tests.generation.conftest import api, media_folder, run_job  # noqa: F401 - fixtures
