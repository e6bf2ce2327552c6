"""Find the audio file that a page plays, for pages that aren't on a known site."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

# Pages name their audio early; the rest isn't read.
PAGE_BYTES = 2 * 1024**2
PLAYED = ("audio", "video", "source")
META_TAGS = ("og:audio", "og:audio:url", "og:audio:secure_url", "og:video:url", "og:video", "twitter:player:stream")


class _Sounds(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.title = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._in_title = tag == "title"
        found = attributes.get("src") if tag in PLAYED else None
        if tag == "meta" and (attributes.get("property") or attributes.get("name")) in META_TAGS:
            found = attributes.get("content")
        if found:
            self.addresses.append(found)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
            self._in_title = False


def page_sound(path: Path, url: str) -> tuple[str, str] | None:
    """Return (URL, title) of what the fetched page at `url` plays first; None if it isn't a page or plays nothing.

    The URL isn't checked here: it is checked like any other when it is fetched."""
    with path.open("rb") as file:
        text = file.read(PAGE_BYTES).decode("utf-8", "replace")
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        return None
    sounds = _Sounds()
    sounds.feed(text)
    for found in sounds.addresses:
        address = urljoin(url, found.strip())
        if urlsplit(address).scheme in {"http", "https"}:
            return address, " ".join(sounds.title.split())
    return None
