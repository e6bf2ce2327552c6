from django.apps import AppConfig


class ScenesConfig(AppConfig):
    name = "apps.scenes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.scenes.casting import CAST  # models can only be imported now
        from apps.scenes.history import PARTS
        from apps.scenes.takes import REJECTED

        PARTS.extend([CAST, REJECTED])
