from engines.lyrics.reading import read_lyrics
from engines.lyrics.writing import as_srt


def test_overlapping_lines_become_cues_that_do_not_overlap():
    text = "1\n00:00:01,000 --> 00:00:05,000\nlong\n\n2\n00:00:02,000 --> 00:00:03,000\nshort\n"
    assert as_srt(read_lyrics(text).lines) == (
        "1\n00:00:01,000 --> 00:00:02,000\nlong\n\n2\n00:00:02,000 --> 00:00:03,000\nlong\nshort\n\n"
        "3\n00:00:03,000 --> 00:00:05,000\nlong\n"
    )


def test_what_was_written_is_read_again():
    lines = read_lyrics(
        "[00:01.00]Rock & Roll {softly} <3\n[00:01.00]C:\\Night 夜曲\n[101:00.00]Late\n[101:01.00]"
    ).lines
    again = read_lyrics(as_srt(lines)).lines
    assert [(line.start, line.text.replace("\u2060", "")) for line in again] == [
        (line.start, line.text) for line in lines
    ]
