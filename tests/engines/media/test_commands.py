"""Building ffmpeg's command lines; each graph is run by the real ffmpeg."""

import ast
import re
from pathlib import Path

import pytest

from engines.media.commands import Command, combine, media_file
from engines.media.probe import probe_media
from engines.media.runner import run, run_to_file

ROOT = Path(__file__).parents[3]
BUILDER = "engines/media/commands.py"
OPTION = re.compile(r"-(i|vf|af|lavfi|filter.*)")
LABEL = re.compile(r"\[\d+:[vas]\b")
FILTERS = (
    *("adelay", "afade", "amix", "anullsrc", "aresample", "atrim", "bwdif", "concat", "crop", "eq", "fade", "format"),
    *("fps", "gblur", "overlay", "pad", "scale", "setpts", "setsar", "subtitles", "tpad", "trim", "volume", "xfade"),
)
FILTER = re.compile(rf"(?:^|[\s,;\]])a?(?:{'|'.join(FILTERS)})=")
ODD_NAMES = ["it's", "a, b; c", "[0:v]", "c:\\d=e", "%20 %d", "-dash", "Füße №1 日本", "two\nlines"]


def strings(path: Path) -> list[str]:
    """Return a module's string literals, without its docstrings."""
    tree = ast.parse(path.read_text())
    words = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words
    ]


def is_hand_written(text: str) -> bool:
    return bool(OPTION.fullmatch(text) or LABEL.search(text) or FILTER.search(text))


def test_only_the_builder_writes_graphs_and_inputs():
    folders = ("apps", "embedded", "engines", "launcher", "mvsite", "workers")
    found = {
        f"{path.relative_to(ROOT)}: {text}"
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if str(path.relative_to(ROOT)) != BUILDER
        for text in strings(path)
        if is_hand_written(text)
    }
    assert found == set()


@pytest.mark.parametrize(
    "text", ["-vf", "-filter_complex", "-i", "-filter:v:0", "[0:v:0]", "setsar=1,format=", "scale=", "[out];[a]crop=2"]
)
def test_a_hand_written_graph_is_recognized(text):
    assert is_hand_written(text)


SUBTITLES = "1\n00:00:00,000 --> 00:00:02,000\nWords\n"


@pytest.mark.parametrize("name", ODD_NAMES)
def test_special_characters_in_a_file_name_are_escaped(made, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    clip, words = folder / f"{name}.mp4", folder / f"{name}.srt"
    clip.write_bytes((made / "clip.mp4").read_bytes())
    words.write_text(SUBTITLES)
    burned = media_file(clip).pictures.filter("subtitles", filename=str(words), fontsdir=str(folder))
    output = run_to_file(Command([burned], {}), folder / f"{name} out", container="mp4", time_limit_seconds=30)
    assert probe_media(output).frames == 48


def test_one_file_can_be_read_twice_in_the_same_way(made, tmp_path):
    """This happens when a clip dissolves into a copy of itself."""
    halves = [media_file(made / "clip.mp4").pictures.filter("trim", end_frame=24) for _ in range(2)]
    joined = combine("concat", halves, n=2)
    output = run_to_file(Command([joined], {}), tmp_path / "out.mp4", container="mp4", time_limit_seconds=30)
    assert probe_media(output).frames == 48


def test_a_split_stream_is_joined_again(made, tmp_path):
    left, right = media_file(made / "clip.mp4").pictures.split()
    beside = combine("hstack", [left, right.filter("hflip")])
    output = run_to_file(Command([beside], {}), tmp_path / "out.mp4", container="mp4", time_limit_seconds=30)
    assert (probe_media(output).width, probe_media(output).frames) == (640, 48)


def test_only_the_requested_streams_are_written(made, tmp_path):
    file = media_file(made / "clip.mp4")
    output = tmp_path / "out.mp4"
    run_to_file(Command([file.sound], {"c": "copy"}), output, container="mp4", time_limit_seconds=30)
    assert (probe_media(output).kind, probe_media(output).audio_codec) == ("audio", "aac")
    run_to_file(Command([file.pictures, file.sound], {"c": "copy"}), output, container="mp4", time_limit_seconds=30)
    assert (probe_media(output).kind, probe_media(output).audio_codec) == ("video", "aac")


def test_a_tiny_number_is_not_written_with_an_exponent(made):
    """ffmpeg can't read times with exponents."""
    faded = media_file(made / "song.wav").sound.filter("afade", type="in", duration=0.00001)
    run(Command([faded], {}).to_nothing(), time_limit_seconds=30)


def test_an_expression_reaches_its_filter_unchanged(made):
    drawn = media_file(made / "clip.mp4").pictures.filter("geq", lum="if(lt(X,W/2),p(X,Y),40)", cb=128, cr=128)
    run(Command([drawn], {}).to_nothing(), time_limit_seconds=30)
