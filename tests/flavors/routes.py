from typing import Any

from tests.routes import Row, private_api


def default_images(_owner):
    return {"flavor": "default", "config_type": "image_params"}


EDITORS_ONLY: dict[str, Any] = {"anonymous": 401, "other": 403, "owner": 403}

ROWS = {
    "api/mv/get_config_flavors": private_api(),
    "api/flavors": private_api(),
    "api/flavors/<str:flavor>/<str:config_type>": private_api(arguments=default_images),
    "api/flavors/<str:flavor>/<str:config_type>/preview": Row(
        **EDITORS_ONLY, staff=400, method="post", arguments=default_images
    ),
}
