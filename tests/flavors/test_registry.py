import pytest
from django.core.exceptions import ImproperlyConfigured
from structlog.testing import capture_logs

from apps.core.errors import ConflictError, InputError
from apps.flavors import checks
from apps.flavors.models import FlavorEdit
from apps.flavors.registry import (
    FlavorRegistry,
    capability_settings,
    flavor_names,
    flavor_provider,
    registry,
    resolve,
)
from apps.flavors.services import flavor_delete, flavor_save

pytestmark = pytest.mark.django_db

LOUD = "providers:\n  draft:\n    move_strength: 2.5\n"


def events(logs, name):
    return [entry for entry in logs if entry["event"] == name]


def test_value_comes_from_the_flavor_or_else_from_default():
    found = resolve("cinematic", "video_params")

    assert found.flavor == "cinematic"
    assert found.values["providers"]["draft"]["move_strength"] == 0.7
    assert found.values["fps"] == resolve("default", "video_params").values["fps"]


def test_unknown_flavor_falls_back_with_a_warning():
    with capture_logs() as logs:
        found = resolve("no-such-flavor", "video_params")

    assert found == resolve("default", "video_params")
    (warning,) = events(logs, "config_flavor_fallback")
    assert (warning["log_level"], warning["reason"]) == ("warning", "unknown_flavor")


def test_missing_file_falls_back_with_a_warning():
    with capture_logs() as logs:
        found = resolve("cinematic", "lipsync_params")

    assert found.values == resolve("default", "lipsync_params").values
    (warning,) = events(logs, "config_flavor_fallback")
    assert (warning["flavor"], warning["reason"]) == ("cinematic", "missing_file")


def test_no_flavor_means_default_without_a_warning():
    with capture_logs() as logs:
        assert resolve("", "video_params").flavor == "default"

    assert not events(logs, "config_flavor_fallback")


def test_prompt_text_is_only_logged_in_debug_mode(settings):
    text = resolve("cinematic", "scene_prompts").values["system"][:40]
    with capture_logs() as quiet:
        resolve("cinematic", "scene_prompts")
    settings.MV_DEBUG_MODE = True
    with capture_logs() as loud:
        resolve("cinematic", "scene_prompts")

    assert text not in str(quiet)
    assert "cinematic" in str(quiet)
    assert events(loud, "config_flavor_selected")[0]["config_type"] == "scene_prompts"
    assert text in events(loud, "config_flavor_loaded")[0]["values"]["system"]
    assert events(loud, "config_flavor_loaded")[0]["module"] == __name__


def test_discovery_is_logged_in_debug_mode(settings):
    settings.MV_DEBUG_MODE = True
    with capture_logs() as logs:
        FlavorRegistry().load(settings.CONFIGS_DIR)

    assert "cinematic" in events(logs, "config_flavors_discovered")[0]["flavors"]


def test_callers_cannot_change_what_others_get():
    resolve("default", "video_params").values["providers"]["draft"]["move_strength"] = 99

    assert resolve("default", "video_params").values["providers"]["draft"]["move_strength"] == 1.0


def test_hash_identifies_the_values():
    assert resolve("default", "video_params").hash == resolve("", "video_params").hash
    assert resolve("default", "video_params").hash != resolve("cinematic", "video_params").hash


def test_broken_default_prevents_startup(configs):
    (configs / "default" / "parameters.yaml").write_text("provider: [\n")

    with pytest.raises(ImproperlyConfigured, match=r"configs/default/parameters.yaml:2"):
        FlavorRegistry().load(configs)


def test_check_command_reports_a_broken_flavor(configs, settings):
    (configs / "cinematic" / "parameters.yaml").write_text("number_of_scenes: none\n")
    (configs / "example" / "notes.yaml").write_text("mood: calm\n")
    settings.CONFIGS_DIR = configs

    warning, error = checks.check_flavors(None)

    assert (warning.id, error.id) == ("flavors.W001", "flavors.W002")
    assert "configs/example/notes.yaml" in warning.msg
    assert "configs/cinematic/parameters.yaml:1" in error.msg


def test_edit_overrides_the_file(user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        flavor_save(by=user, flavor="cinematic", config_type="video_params", text=LOUD)

    values = resolve("cinematic", "video_params").values["providers"]["draft"]
    assert (values["move_strength"], values["parallax"]) == (2.5, 1.4)


def test_edit_by_another_process_is_seen_without_a_restart(user):
    resolve("cinematic", "video_params")
    FlavorEdit.objects.create(flavor="cinematic", config_type="video_params", text=LOUD)
    registry.check_now()  # as if a second had passed

    assert resolve("cinematic", "video_params").values["providers"]["draft"]["move_strength"] == 2.5


def test_flavor_can_consist_of_edits_only(user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        flavor_save(by=user, flavor="mine", config_type="video_params", text=LOUD)

    assert flavor_names()[0] == "default"
    assert "mine" in flavor_names()


def test_invalid_edit_is_refused_with_its_line(user):
    with pytest.raises(InputError, match="Line 2") as caught:
        flavor_save(by=user, flavor="mine", config_type="video_params", text="fps: '24'\nduration_seconds: -1\n")

    assert not FlavorEdit.objects.exists()
    assert "text" in caught.value.errors


def test_edit_based_on_an_old_version_is_a_conflict(user):
    flavor_save(by=user, flavor="mine", config_type="video_params", text=LOUD, expected_version=0)

    with pytest.raises(ConflictError):
        flavor_save(by=user, flavor="mine", config_type="video_params", text="", expected_version=0)


def test_deleting_an_edit_restores_the_file(user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        flavor_save(by=user, flavor="cinematic", config_type="video_params", text=LOUD)
        flavor_delete(by=user, flavor="cinematic", config_type="video_params")

    assert resolve("cinematic", "video_params").values["providers"]["draft"]["move_strength"] == 0.7


def test_edit_that_is_no_longer_valid_is_skipped(user):
    FlavorEdit.objects.create(flavor="cinematic", config_type="video_params", text="gone_key: 1\n")
    registry.check_now()
    with capture_logs() as logs:
        found = resolve("cinematic", "video_params")

    assert found.values["providers"]["draft"]["move_strength"] == 0.7
    assert events(logs, "flavor_edit_ignored")[0]["log_level"] == "error"


def test_scene_settings_include_the_prompts():
    settings_ = capability_settings("vlog_style", "scenes")

    assert settings_.values["number_of_scenes"] == 12
    assert "phone" in settings_.values["scene_prompts"]["grammar"]["style"]
    assert settings_.hash != capability_settings("default", "scenes").hash


def test_showing_a_flavors_provider_logs_nothing():
    with capture_logs() as logs:
        assert [flavor_provider(flavor, "lipsync") for flavor in ("cinematic", "nope")] == ["draft", "draft"]

    assert logs == []
