from apps.composition.options import OptionChanges, resolved_options


def test_changes_keep_only_what_was_set():
    changes = OptionChanges.model_validate({"transition": "crossfade", "loudness_lufs": None, "of_a_release_before": 1})

    assert changes.told() == {"transition": "crossfade", "loudness_lufs": None}
    assert OptionChanges.model_validate_json(changes.model_dump_json()).told() == changes.told()


def test_later_changes_win_and_leave_the_rest_to_the_flavor():
    flavor = {"fit": "fill", "fade_in_seconds": 2.0, "quality": "high", "another_engine": {}}
    project, call = OptionChanges(fade_in_seconds=1.0, fit="fit"), OptionChanges(fade_in_seconds=0.0)

    options = resolved_options(flavor, project, call)

    assert (options.fit, options.fade_in_seconds, options.quality) == ("fit", 0.0, "high")
