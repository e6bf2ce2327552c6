from django.core.files.uploadedfile import SimpleUploadedFile

from apps.songs import services
from apps.songs.lyrics.services import lyrics_put
from engines.lyrics.encodings import Decoded
from tests.routes import owned_api, private_api
from tests.songs.files import song_bytes


def song(owner):
    made = services.song_upload(by=owner, upload=SimpleUploadedFile("a.wav", song_bytes(".wav"))).song
    return {"audio_id": made.asset_id}


def sung(owner):
    made = song(owner)
    lyrics_put(by=owner, source=Decoded("[00:01.00]la", ""), **made)
    return made


def sung_line(owner):
    return {**sung(owner), "index": 0}


LYRICS = "api/audio/<uuid:audio_id>/lyrics"

ROWS = {
    "api/audio": [private_api(), private_api(method="post", other=400, owner=400, staff=400)],
    "api/audio/youtube": private_api(method="post", other=400, owner=400, staff=400),
    "api/audio/get/<uuid:audio_id>": owned_api(song),
    "api/audio/<uuid:audio_id>": [
        owned_api(song),
        owned_api(song, method="patch", data={"title": "New"}),
        owned_api(song, method="delete", owner=204),
    ],
    "api/audio/<uuid:audio_id>/peaks": owned_api(song),
    "api/audio/<uuid:audio_id>/sung/listen": owned_api(song, method="post", owner=409),
    LYRICS: [
        owned_api(sung),
        owned_api(sung, method="put", data={"text": "la la"}),
        owned_api(sung, method="patch", data={"nudge": 0.1}),
        owned_api(sung, method="delete", owner=204),
    ],
    f"{LYRICS}/undo": owned_api(sung, method="post", owner=404),
    f"{LYRICS}/redo": owned_api(sung, method="post", owner=404),
    f"{LYRICS}/lines/<int:index>": owned_api(sung_line, method="patch", data={"start": 2.0}),
    **{f"{LYRICS}.{form}": owned_api(sung) for form in ("srt", "lrc", "vtt", "ass")},
}
