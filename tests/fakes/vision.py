"""What a chat server refuses in messages with pictures (the strictest of the vendors), and verdicts about takes."""

import base64
import binascii
import io
import json
import re
from typing import Any

from PIL import Image, UnidentifiedImageError

ROLES = {"system", "developer", "user", "assistant"}
DATA_URL = re.compile(r"data:image/(jpeg|png|webp|gif);base64,([A-Za-z0-9+/]+={0,2})", re.ASCII)
MOST_IMAGES = 50
MOST_BYTES = 4_000_000
LONGEST_SIDE = 2000
TOKENS_OF_AN_IMAGE = 765


def images_of(body: dict[str, Any]) -> list[Image.Image]:
    """Return the pictures of a request, in order."""
    return [_decoded(part["image_url"]["url"]) for part in _parts(body["messages"]) if part["type"] == "image_url"]


def texts_of(messages: list[dict[str, Any]]) -> list[str]:
    plain = [one["content"] for one in messages if isinstance(one["content"], str)]
    return plain + [part["text"] for part in _parts(messages) if part["type"] == "text"]


def tokens_of(body: dict[str, Any]) -> int:
    messages = body.get("messages", [])
    rest = {name: value for name, value in body.items() if name != "messages"}
    pictures = sum(part["type"] == "image_url" for part in _parts(messages))
    return len(json.dumps([rest, texts_of(messages)])) // 4 + pictures * TOKENS_OF_AN_IMAGE


def message_problem(message: dict[str, Any], *, sees_images: bool) -> str:
    """Return why a server refuses the message; "" if it takes it."""
    role, content = message["role"], message["content"]
    if role not in ROLES:
        return f"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user'."
    if isinstance(content, str):
        return ""
    if not isinstance(content, list) or not content:
        return "Invalid type for 'messages[].content': expected a string or a list of content parts."
    if sum(isinstance(part, dict) and part.get("type") == "image_url" for part in content) > MOST_IMAGES:
        return "Too many images in request."
    return next((problem for part in content if (problem := _part_problem(part, role, sees_images))), "")


def _part_problem(part: Any, role: str, sees_images: bool) -> str:
    match part:
        case {"type": "text", "text": str(text), **more} if not more:
            return "" if text else "Invalid 'text': empty."
        case {"type": "image_url", "image_url": dict(image), **more} if not more:
            if role != "user":
                return f"Invalid value: image_url is not allowed in messages of role '{role}'."
            if not sees_images:
                return "Invalid content type. image_url is only supported by certain models."
            return _image_problem(image)
    return f"Invalid content part: {str(part)[:80]}. Supported types are: 'text', 'image_url'."


def _image_problem(image: dict[str, Any]) -> str:
    if image.keys() - {"url", "detail"} or image.get("detail", "auto") not in {"low", "high", "auto"}:
        return "Unknown parameter in 'image_url'."
    url = str(image.get("url", ""))
    if url.startswith("https://"):
        return ""
    try:
        picture = _decoded(url)
    except (ValueError, UnidentifiedImageError):
        return "Invalid 'image_url': expected an https URL or a base64 data URL of a JPEG, PNG, WebP or GIF."
    if len(url) * 3 / 4 > MOST_BYTES or max(picture.size) > LONGEST_SIDE:
        return f"Image is too large: {picture.width}x{picture.height}, at most {LONGEST_SIDE} pixels a side."
    return ""


def _decoded(url: str) -> Image.Image:
    found = DATA_URL.fullmatch(url)
    if not found:
        raise ValueError("not a data URL")
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(found[2], validate=True)), formats=[found[1].upper()])
    except binascii.Error as error:
        raise ValueError("not base64") from error
    picture.load()
    return picture


def asks_for_verdicts(body: dict[str, Any]) -> bool:
    return body.get("response_format", {}).get("json_schema", {}).get("name") == "verdicts"


def verdicts(body: dict[str, Any]) -> str:
    """Return marks for each take, as a schema in strict mode makes them."""
    takes = [text for text in texts_of(body["messages"]) if re.match(r"Take \d+,", text)]
    item = body["response_format"]["json_schema"]["schema"]["properties"]["takes"]["items"]["properties"]
    marks = [name for name, kind in item.items() if kind["type"] == "integer" and name != "take"]
    said = [
        {
            "take": number,
            **dict.fromkeys(marks, min(9, 4 + number)),
            "reasons": ["face matches", "left hand has six fingers"],
        }
        for number, _ in enumerate(takes, start=1)
    ]
    return json.dumps({"takes": said})


def _parts(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [part for one in messages if isinstance(one["content"], list) for part in one["content"]]
