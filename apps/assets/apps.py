from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "apps.assets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models can be imported from here on only.
        from apps.assets.upkeep.metrics import StorageCollector
        from apps.core.metrics import REGISTRY

        # Asking a collector for its names while registering would read a database that may not be there.
        REGISTRY.register(StorageCollector())
