from django.apps import AppConfig
from django.core.checks import register

from apps.core.checks import check_face_networks, check_public_url


class CoreConfig(AppConfig):
    name = "apps.core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(check_public_url, "environment")
        register(check_face_networks, "environment")
