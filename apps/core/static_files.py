import re
from collections.abc import Iterator
from typing import Any

import rcssmin
import rjsmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Files from packages are already minified.
OUR_FOLDERS = ("css/", "js/")
# In a selector, a plain word needs no quotes.
QUOTED = re.compile(r'\[([\w-]+[~|^$*]?=)"([a-zA-Z_][\w-]*)"\]')
# One parameter needs no parentheses, unless a word such as `async` stands before them.
ARROW = re.compile(r"(?<![\w$)\]])\(([A-Za-z_$][\w$]*)\)=>")


def minified(name: str, text: str) -> str:
    """Return JS or CSS without comments and unneeded characters, and anything else unchanged."""
    if name.endswith(".js"):
        # The last semicolon of a block; a test keeps them out of strings and empty statements, where they count.
        return ARROW.sub(r"\1=>", str(rjsmin.jsmin(text)).replace(";}", "}"))
    return QUOTED.sub(r"[\1\2]", str(rcssmin.cssmin(text))) if name.endswith(".css") else text


class Minified:
    """A storage that minifies text files as it reads them."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    def open(self, name: str) -> ContentFile[Any]:
        with self.storage.open(name) as file:
            return ContentFile(minified(name, file.read().decode()).encode(), name=name)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped library
    """Fingerprints names, also in the imports of our JS modules; uses plain names until `collectstatic` has run."""

    support_js_module_import_aggregation = True
    # One for each link of the longest chain of imports, which is 10 long; Django's own 5 are too few.
    max_post_process_passes = 20

    def create_compressor(self, **options: Any) -> Any:
        # Brotli at its best level takes half a minute for the admin's and Swagger's files; gzip takes a second.
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
            # The comments in django-htmx's extensions refer to type files that don't exist.
            if name.startswith("django_htmx/"):
                return name
            raise
