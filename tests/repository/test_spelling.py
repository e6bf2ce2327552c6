"""One spelling in code, pages and docs: American English, so that a search for a word finds it."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("apps", "bench", "configs", "docs", "embedded", "engines", "launcher", "mvsite", "static", "templates")
ENDINGS = {".css", ".html", ".js", ".md", ".py", ".yaml"}
# "cancelled" stays: it is a state in the API and the database.
BRITISH = re.compile(
    r"colour|neighbour|behaviour|favour|honour|grey|analys(?:e|ed|ing)(?![a-z])|centred?(?![a-z])|catalogue"
    r"|(?:normal|recogn|capital|author|serial|organ|initial|optim|summar|minim|maxim|priorit|synthes|custom)is(?:e|ing|ation)"
    r"|labelled(?!by)|levelled|travell|modell|artefact|licence|judgement",
    re.IGNORECASE,
)
# Words that are not ours: a stored name of an earlier release, an API's code, what ffmpeg prints or is told, and what
# people type into the draft's idea.
ALLOWED = {
    "engines/media/facts.py": {"colour"},
    "engines/media/reasons.py": {"colour"},
    "engines/draft/people.py": {"colour", "grey"},
    "engines/draft/vocabulary/people.yaml": {"neighbour", "travell"},
}

LEFT_OUT = ("engines/draft/lipsync/",)


def texts(root: Path) -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            name = path.relative_to(root).as_posix()
            if path.suffix in ENDINGS and "vendor" not in path.parts and not name.startswith(LEFT_OUT):
                yield name, path.read_text()


def british(name: str, text: str) -> list[str]:
    found = {match.group().lower() for match in BRITISH.finditer(text)}
    return [f"{name}: {word}" for word in sorted(found - ALLOWED.get(name, set()))]


def test_american_english_is_spelled_everywhere():
    assert [found for name, text in texts(ROOT) for found in british(name, text)] == []


def test_check_finds_words_inside_names_and_leaves_american_ones():
    assert british("x", "def hair_colour(): '''Normalise to the centre.'''") == [
        "x: centre",
        "x: colour",
        "x: normalise",
    ]
    assert british("x", "analyses, analysis, center, realistic, labelledby, gray, cancelled") == []
