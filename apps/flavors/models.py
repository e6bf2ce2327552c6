from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from apps.flavors.schema import CONFIG_TYPES, FLAVOR_NAME, FLAVOR_NAME_WORDS

flavor_name_validator = RegexValidator(FLAVOR_NAME.pattern, FLAVOR_NAME_WORDS)


class FlavorEdit(models.Model):
    """Values that override one config type of one flavor's file. `text` is YAML.

    `version` counts the saves of this edit, so that processes notice changes (see registry.py)."""

    flavor = models.CharField(max_length=50, validators=[flavor_name_validator])
    config_type = models.CharField(max_length=30, choices=[(name, name) for name in CONFIG_TYPES])
    text = models.TextField(help_text="YAML. Only what differs from the file below it.")
    version = models.PositiveIntegerField(default=1, editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, editable=False, related_name="+"
    )
    edited_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["flavor", "config_type"]
        constraints = [
            models.UniqueConstraint(fields=["flavor", "config_type"], name="flavor_edit_one_per_config_type"),
            models.CheckConstraint(
                condition=models.Q(config_type__in=list(CONFIG_TYPES)), name="flavor_edit_known_config_type"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flavor}/{self.config_type}"
