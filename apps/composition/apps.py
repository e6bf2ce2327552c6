from django.apps import AppConfig


class CompositionConfig(AppConfig):
    name = "apps.composition"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.composition.gaps import gap_fill  # models can only be imported now
        from apps.composition.looks import LOOKS
        from apps.scenes.entry_frames import GAP_FILLS
        from apps.scenes.history import PARTS

        PARTS.append(LOOKS)
        GAP_FILLS.append(gap_fill)
