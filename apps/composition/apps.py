from django.apps import AppConfig


class CompositionConfig(AppConfig):
    name = "apps.composition"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.composition.looks import LOOKS  # models can only be imported now
        from apps.scenes.history import PARTS

        PARTS.append(LOOKS)
