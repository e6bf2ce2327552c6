"""Names of users' files as download names and archive entries."""

import pytest

from apps.assets.store.keys import safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("my song (final).mp3", "my_song_final_.mp3"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\song.wav", "song.wav"),
        ("trailing. . ", "trailing"),
        ("CON", "_CON"),
        ("nul.lrc", "_nul.lrc"),
        ("Com1.tar.gz", "_Com1.tar.gz"),
        ("console.lrc", "console.lrc"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\nb\x00c", "a_b_c"),
        ("???", "file"),
        ("", "file"),
        ("\u6b4c" * 300 + ".lrc", "\u6b4c" * 65 + ".lrc"),
        ("x" * 300 + ".lrc", "x" * 116 + ".lrc"),
    ],
)
def test_name_is_safe_on_every_system(name, safe):
    assert safe_name(name) == safe


def test_longest_name_of_any_script_fits_with_an_extension_and_a_prefix():
    for letter in "x\u00e9\u6b4c\U00020bb7":
        assert len(safe_name(letter * 500).encode()) <= 200
