from django.core.files.uploadedfile import SimpleUploadedFile

from apps.songs import services
from tests.routes import owned_api, private_api
from tests.songs.files import song_bytes


def song(owner):
    made, _ = services.song_upload(by=owner, upload=SimpleUploadedFile("a.wav", song_bytes(".wav")))
    return {"audio_id": made.asset_id}


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
    # The body is validated before the song is loaded, so an empty one is 400 for every signed-in user.
    "api/audio/<uuid:audio_id>/stem": [
        owned_api(song),
        owned_api(song, method="post", other=400, owner=400, staff=400),
    ],
}
