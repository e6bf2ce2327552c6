"""A strict reader of CMX 3600 EDLs: every line must be known, every number in range."""

import re

from tests.composition.handoff.read import Cut, Timeline, assert_inside_the_package, frames_of

_CODE = r"(\d\d:\d\d:\d\d:\d\d)"
_EVENT = re.compile(rf"(\d{{3}})  ([A-Z0-9]{{1,8}}) +V     (C    |D \d{{3}}) {_CODE} {_CODE} {_CODE} {_CODE}")
_COMMENT = re.compile(r"\* (FROM CLIP NAME|TO CLIP NAME|SOURCE FILE|COMMENT): (\S.*)")


def read_edl(text: str, timebase: int, first_frame: int = 0) -> Timeline:
    """Return the events; `record_out` and the dissolve as written, `record_in` at the dissolve's start."""
    lines = text.split("\r\n")
    assert not set("\r\n\x0b\x0c\x85\u2028\u2029") & set("".join(lines))
    assert re.fullmatch(r"TITLE: \S[^\n\r]{0,69}", lines[0]), lines[0]
    # One notation for the whole list: colons, and the line that says so.
    assert lines[1] == "FCM: NON-DROP FRAME"
    assert sum(line.startswith(("FCM", "TITLE")) for line in lines) == 2
    comments = [_COMMENT.fullmatch(line) for line in lines[2:] if line.startswith("*")]
    assert all(comments)
    rows = [_row(line, timebase) for line in lines[2:] if line and not line.startswith("*")]
    files = [comment[2] for comment in comments if comment and comment[1] == "SOURCE FILE"]
    reels = [row[1] for index, row in enumerate(rows) if index + 1 == len(rows) or rows[index + 1][0] != row[0]]
    # A reel is one file and a file is one reel, in either case of letters.
    assert len({*zip(map(str.upper, reels), files, strict=True)}) == len({*map(str.upper, reels)}) == len({*files})
    for file in files:
        assert_inside_the_package(file)
    names = {file.rsplit("/", 1)[-1] for file in files}
    assert all(comment[2] in names for comment in comments if comment and "CLIP NAME" in comment[1])
    return Timeline(lines[0].removeprefix("TITLE: "), first_frame, _cuts(rows, first_frame), files=files)


def _row(line: str, timebase: int) -> tuple[int, str, str, list[int]]:
    match = _EVENT.fullmatch(line)
    assert match, line
    number, reel, change, *codes = match.groups()
    return int(number), reel, change.replace(" ", ""), [frames_of(code, timebase) for code in codes]


def _cuts(rows: list[tuple[int, str, str, list[int]]], first_frame: int) -> list[Cut]:
    cuts: list[Cut] = []
    at = number = 0
    for index, (event, reel, change, times) in enumerate(rows):
        source_in, source_out = times[:2]
        record_in, record_out = (code - first_frame for code in times[2:])
        leaves = index + 1 < len(rows) and rows[index + 1][0] == event
        number += not (index and rows[index - 1][0] == event)
        assert event == number
        assert source_out - source_in == record_out - record_in
        if leaves:  # the outgoing picture of a dissolve: it takes no time of its own
            assert (change, record_in, source_out) == ("C", at, source_in)
            assert reel == cuts[-1].name
            assert source_in == cuts[-1].source_in + at - cuts[-1].record_in
            continue
        assert record_in >= at
        assert record_out > record_in
        frames = int(change[1:] or 0)
        assert frames == 0 or (record_in == at and frames <= record_out - record_in)
        cuts.append(Cut(reel, record_in, record_out, source_in, (0, frames)))
        at = record_out
    return cuts
