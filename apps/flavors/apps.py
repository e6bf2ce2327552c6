from django.apps import AppConfig


class FlavorsConfig(AppConfig):
    name = "apps.flavors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models can only be imported from here on.
        from django.conf import settings
        from django.core.checks import register

        from apps.flavors.checks import check_flavors
        from apps.flavors.registry import registry

        register(check_flavors)
        registry.load(settings.CONFIGS_DIR)
