from tests.routes import owned_api, private_api
from tests.songs.routes import LYRICS, song, sung

CALLS = ("create_scenes", "generate_character_reference", "generate_video", "lipsync")

# Nothing is owned yet; an empty body is refused for everybody signed in.
ROWS = {
    f"api/mv/{call}{rest}": private_api(method="post", other=400, owner=400, staff=400)
    for call in CALLS
    for rest in ("", "/quote")
} | {
    # The body is validated before the song is loaded, so an empty one is 400 for every signed-in user.
    "api/audio/<uuid:audio_id>/stem": [
        owned_api(song),
        owned_api(song, method="post", other=400, owner=400, staff=400),
    ],
    # No service is set up.
    "api/audio/<uuid:audio_id>/stem/quote": owned_api(song, owner=400),
    f"{LYRICS}/align": owned_api(sung, method="post", owner=409),
    f"{LYRICS}/align/quote": owned_api(sung, owner=400),
}
