from django.apps import AppConfig


class FlavorsConfig(AppConfig):
    name = "apps.flavors"
    default_auto_field = "django.db.models.BigAutoField"
