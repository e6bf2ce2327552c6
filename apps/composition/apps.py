from django.apps import AppConfig


class CompositionConfig(AppConfig):
    name = "apps.composition"
    default_auto_field = "django.db.models.BigAutoField"
