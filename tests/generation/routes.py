from tests.routes import private_api

CALLS = ("create_scenes", "generate_character_reference", "generate_video", "lipsync")

# Nothing is owned yet; an empty body is refused for everybody signed in.
ROWS = {
    f"api/mv/{call}{rest}": private_api(method="post", other=400, owner=400, staff=400)
    for call in CALLS
    for rest in ("", "/quote")
}
