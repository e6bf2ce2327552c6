from collections.abc import Iterator
from typing import Any

import rcssmin
import rjsmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# What comes from packages is minified there.
OUR_FOLDERS = ("css/", "js/")


def minified(name: str, text: str) -> str:
    """Our JS or CSS without comments and the white space that only people need; anything else as it is."""
    if name.endswith(".js"):
        return str(rjsmin.jsmin(text))
    return str(rcssmin.cssmin(text)) if name.endswith(".css") else text


class Minified:
    """A storage whose text files are read minified."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    def open(self, name: str) -> ContentFile[Any]:
        with self.storage.open(name) as file:
            return ContentFile(minified(name, file.read().decode()).encode(), name=name)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped library
    """Fingerprinted names, also inside the imports of our JS modules; plain names until `collectstatic` ran."""

    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Any:
        # Brotli at its best takes half a minute over the admin's and Swagger's files; gzip takes a second.
        return super().create_compressor(**options, use_brotli=False)

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        ours = {
            name: (Minified(storage), path) for name, (storage, path) in paths.items() if name.startswith(OUR_FOLDERS)
        }
        yield from super().post_process({**paths, **ours}, dry_run=dry_run, **options)

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        try:
            return str(super().hashed_name(name, content, filename))
        except ValueError:
            # django-htmx's extensions name their types in comments, by a path that is no file.
            if name.startswith("django_htmx/"):
                return name
            raise
