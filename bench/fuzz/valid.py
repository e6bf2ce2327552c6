"""Small valid files of every kind that people upload, to be broken."""

from pathlib import Path

from PIL import Image, ImageDraw

from engines.errors import MediaToolError
from engines.media.runner import run

_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=24:d=1.5")
_SOUND = ("-f", "lavfi", "-i", "aevalsrc='0.3*sin(2*PI*t*(200+40*t))|0.2*sin(2*PI*t*900)':s=44100:d=3")
_BOTH = (*_PICTURE, *_SOUND, "-shortest", "-pix_fmt", "yuv420p")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")

_BY_FFMPEG = {
    "clip.mp4": (*_BOTH, *_H264),
    "fast.mp4": (*_BOTH, *_H264, "-movflags", "+faststart"),
    "parts.mp4": (*_BOTH, *_H264, "-movflags", "frag_keyframe+empty_moov"),
    "phone.mov": (*_BOTH, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le"),
    "clip.mkv": (*_BOTH, *_H264),
    "clip.webm": (*_BOTH, "-c:v", "libvpx", "-b:v", "200k", "-deadline", "realtime", "-c:a", "libopus"),
    "clip.ts": (*_BOTH, *_H264),
    "clip.avi": (*_BOTH, "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "clip.flv": (*_BOTH, *_H264),
    "clip.mpg": (*_BOTH, "-c:v", "mpeg2video", "-c:a", "mp2"),
    "song.mp3": (*_SOUND, "-b:a", "128k"),
    "song.wav": _SOUND,
    "song.flac": _SOUND,
    "song.ogg": (*_SOUND, "-c:a", "libvorbis"),
    "song.opus": (*_SOUND, "-c:a", "libopus"),
    "song.m4a": (*_SOUND, "-c:a", "aac"),
    "song.aac": (*_SOUND, "-c:a", "aac"),
    "moving.gif": (*_PICTURE, "-t", "0.5"),
}
_LYRICS = {
    "lyrics.srt": "1\n00:00:00,000 --> 00:00:01,000\nFirst line\n\n2\n00:00:01,200 --> 00:00:02,500\nSecond – line\n",
    "lyrics.lrc": "[ti:Song]\n[offset:+100]\n[00:00.50]First line\n[00:01.20][00:02.00]Again\n",
    "lyrics.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\nFirst <i>line</i>\n\n00:01.200 --> 00:02.500\nOne &amp; two\n",
    "lyrics.ass": (
        "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n"
        "Style: Default,Arial,20\n\n[Events]\nFormat: Layer, Start, End, Style, Text\n"
        "Dialogue: 0,0:00:00.00,0:00:02.00,Default,{\\k20}First line\n"
    ),
}


def valid_files(folder: Path) -> list[Path]:
    """Write the files into `folder` and return them. A format that this ffmpeg can't write is left out."""
    for name, arguments in _BY_FFMPEG.items():
        try:
            run([*arguments, "-y", str(folder / name)], time_limit_seconds=60)
        except MediaToolError as error:
            print(f"{name} is left out: {error.message}")
            (folder / name).unlink(missing_ok=True)
    for name, text in _LYRICS.items():
        (folder / name).write_text(text)
    _pictures(folder)
    return sorted(folder.iterdir())


def _pictures(folder: Path) -> None:
    image = Image.new("RGB", (96, 64), "teal")
    ImageDraw.Draw(image).ellipse((20, 10, 70, 50), fill="orange")
    for name in ("image.png", "image.jpg", "image.webp", "image.gif", "image.bmp", "image.tiff", "image.avif"):
        image.save(folder / name)
    try:
        import pillow_heif  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return
    pillow_heif.register_heif_opener()
    image.save(folder / "image.heic")
