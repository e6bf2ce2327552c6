from tests.providers.draft.conftest import make, photo, settings_for, video_request  # noqa: F401 - fixtures
