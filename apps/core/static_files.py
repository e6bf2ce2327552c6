from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


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

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        try:
            return str(super().hashed_name(name, content, filename))
        except ValueError:
            # django-htmx's extensions name their types in comments, by a path that is no file.
            if name.startswith("django_htmx/"):
                return name
            raise
