import pytest

from apps.flavors.discovery import discover
from apps.flavors.files import FlavorProblem, merge, parse_flavor_text


def problem_of(configs, flavor, file, text):
    (configs / flavor).mkdir(exist_ok=True)
    (configs / flavor / file).write_text(text)
    found = discover(configs)
    assert flavor not in found.files
    (problem,) = found.problems[flavor]
    return problem


def test_shipped_flavors_have_no_problems(configs):
    found = discover(configs)

    assert not found.problems
    assert next(iter(found.files)) == "default"
    assert {"cinematic", "vlog_style", "example"} <= set(found.files)


def test_bad_yaml_names_file_and_line(configs):
    problem = problem_of(configs, "broken", "parameters.yaml", "number_of_scenes: 3\nproviders: [1, 2\n")

    assert str(problem).startswith("configs/broken/parameters.yaml:3: ")


def test_misspelled_key_is_reported_on_its_line(configs):
    text = "# a comment\nproviders:\n  draft:\n    move_strenght: 2\n"

    problem = problem_of(configs, "broken", "video_params.yaml", text)

    assert problem.line == 4
    assert "providers.draft.move_strenght" in problem.reason


def test_value_of_the_wrong_type_is_reported_on_its_line(configs):
    problem = problem_of(configs, "broken", "video_params.yaml", "fps: '24'\nduration_seconds: long\n")

    assert problem.line == 2
    assert "duration_seconds" in problem.reason


def test_unquoted_ratio_is_refused_because_yaml_reads_a_number(configs):
    problem = problem_of(configs, "broken", "video_params.yaml", "aspect_ratio: 16:9\n")

    assert "aspect_ratio" in problem.reason


def test_file_with_an_unknown_name_is_reported_but_the_flavor_stays_usable(configs):
    (configs / "cinematic" / "video_parameters.yaml").write_text("fps: 25\n")
    found = discover(configs)
    assert "cinematic" in found.files and not found.problems
    assert "video_parameters.yaml" in str(found.ignored[0]) and "video_params.yaml" in str(found.ignored[0])


def test_broken_default_is_the_only_problem_reported(configs):
    (configs / "default" / "video_params.yaml").write_text("provider: [draft\n")
    assert list(discover(configs).problems) == ["default"]


def test_broken_flavor_does_not_affect_the_others(configs):
    problem_of(configs, "broken", "parameters.yaml", "[")

    assert {"default", "cinematic", "vlog_style", "example"} == set(discover(configs).files)


def test_every_broken_file_of_a_flavor_is_reported(configs):
    (configs / "broken").mkdir()
    for name in ("parameters", "video_params"):
        (configs / "broken" / f"{name}.yaml").write_text("[")

    assert len(discover(configs).problems["broken"]) == 2


def test_incomplete_default_is_a_problem(configs):
    (configs / "default" / "compose_params.yaml").unlink()

    assert "must be complete" in discover(configs).problems["default"][0].reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2\n", "given twice"),
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("- 1\n", "mapping"),
        ("yes: 1\n", "quoted"),
        ("a: !!python/object:os.system x\n", "not supported"),
    ],
)
def test_unsafe_or_ambiguous_yaml_is_refused(text, reason):
    with pytest.raises(FlavorProblem, match=reason):
        parse_flavor_text(text, source="edit")


def test_empty_file_changes_nothing():
    assert parse_flavor_text("# nothing yet\n", source="edit").values == {}


def test_mappings_are_merged_and_lists_replaced():
    merged = merge({"a": {"b": 1, "c": [1, 2]}, "d": 1}, {"a": {"c": [3]}})

    assert merged == {"a": {"b": 1, "c": [3]}, "d": 1}
