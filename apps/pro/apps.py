from django.apps import AppConfig


class ProConfig(AppConfig):
    name = "apps.pro"
    default_auto_field = "django.db.models.BigAutoField"
