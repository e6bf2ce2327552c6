from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "apps.assets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models can only be imported from here on.
        from apps.assets.upkeep.metrics import StorageCollector
        from apps.core.metrics import REGISTRY

        # Registering normally asks a collector for its names, which would read a database that may not exist yet.
        REGISTRY.register(StorageCollector())
