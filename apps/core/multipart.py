"""Multipart form bodies that are streamed from disk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import urllib3

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class Upload:
    """A file in a multipart body."""

    path: Path
    filename: str
    content_type: str


class Multipart:
    """A multipart/form-data body that is streamed from disk; the one of `requests` would be held in memory."""

    def __init__(self, fields: Mapping[str, str], uploads: Mapping[str, Upload]) -> None:
        boundary = urllib3.filepost.choose_boundary()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._parts: list[bytes | Path] = []
        for name, value in fields.items():
            self._parts.append(_part_head(boundary, name, None) + value.encode() + b"\r\n")
        for name, upload in uploads.items():
            self._parts += [_part_head(boundary, name, upload), upload.path, b"\r\n"]
        self._parts.append(f"--{boundary}--\r\n".encode())

    def __len__(self) -> int:
        return sum(part.stat().st_size if isinstance(part, Path) else len(part) for part in self._parts)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            with part.open("rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk


def _part_head(boundary: str, name: str, upload: Upload | None) -> bytes:
    request_field = urllib3.fields.RequestField(name, b"", filename=upload.filename if upload else None)
    request_field.make_multipart(content_type=upload.content_type if upload else None)
    return f"--{boundary}\r\n{request_field.render_headers()}".encode()
