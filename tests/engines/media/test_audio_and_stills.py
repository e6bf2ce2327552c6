import av
import numpy as np
import pytest
from PIL import Image

from apps.core.errors import InputError
from engines.media.audio import cut_wav
from engines.media.packets import Damage
from engines.media.samples import sound_blocks
from engines.media.stills import picture_at, poster, sprite
from tests.engines.media.conftest import ffmpeg


def samples(path):
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])


def test_a_cut_is_exact_to_the_sample(made, tmp_path):
    cut = cut_wav(made / "song.wav", 0.5, 1.7501, tmp_path / "cut.wav")
    expected = samples(made / "song.wav")[22050 : round(1.7501 * 44100)]
    assert np.array_equal(samples(cut), expected)


def test_an_end_past_the_song_is_clamped(made, tmp_path):
    assert len(samples(cut_wav(made / "song.wav", 2.5, 9, tmp_path / "cut.wav"))) == 22050


@pytest.mark.parametrize(("start", "end"), [(2, 1), (-1, 1), (5, 6)])
def test_an_invalid_range_is_rejected(made, tmp_path, start, end):
    with pytest.raises(InputError):
        cut_wav(made / "song.wav", start, end, tmp_path / "cut.wav")


def test_a_poster_is_not_black(tmp_path):
    video = tmp_path / "video.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=24:d=3", "-vf", "fade=in:0:60", video)
    picture = Image.open(poster(video, tmp_path / "poster.jpg", width=80))
    assert picture.width == 80
    assert np.asarray(picture).mean() > 60


@pytest.fixture
def red_then_blue(tmp_path):
    video = tmp_path / "video.mp4"
    ffmpeg(
        *("-f", "lavfi", "-i", "color=red:s=64x64:r=24:d=2", "-vf", "drawbox=c=blue:t=fill:enable='gte(t,1)'"),
        *("-g", "24", video),
    )
    return video


def test_a_moment_shows_its_own_frame(red_then_blue):
    red, blue = picture_at(red_then_blue, 0.95).mean(axis=(0, 1)), picture_at(red_then_blue, 1.01).mean(axis=(0, 1))
    assert red[0] > 200 > red[2]
    assert blue[2] > 200 > blue[0]


def test_a_sprite_has_a_tile_for_each_moment(red_then_blue, tmp_path):
    sheet = np.asarray(Image.open(sprite(red_then_blue, [0.5, 1.5, 0.2], tmp_path / "sheet.jpg", tile_width=32)))
    assert sheet.shape == (96, 32, 3)
    assert [int(sheet[row, 16].argmax()) for row in (16, 48, 80)] == [0, 2, 0]


def test_two_joined_files_share_one_clock(made, tmp_path):
    ffmpeg("-i", made / "song.wav", "-ar", 22050, "-b:a", "64k", tmp_path / "slow.mp3")
    (tmp_path / "both.mp3").write_bytes((made / "song.mp3").read_bytes() + (tmp_path / "slow.mp3").read_bytes())
    damage = Damage()
    whole = np.concatenate(list(sound_blocks(tmp_path / "both.mp3", rate=44100, channels=1, damage=damage)), axis=1)
    assert whole.shape[1] == pytest.approx(6 * 44100, rel=0.03)
    assert damage.changes == 1
    cut = samples(cut_wav(tmp_path / "both.mp3", 4.0, 5.0, tmp_path / "cut.wav")) / 32768
    assert np.abs(cut - whole[0, 4 * 44100 : 5 * 44100]).max() < 0.001
