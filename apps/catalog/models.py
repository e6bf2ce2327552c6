from django.db import models

from apps.providers.capabilities import Capability


class CheckResult(models.TextChoices):
    """What the provider said about a model."""

    WORKS = "works", "Works"
    BROKEN = "broken", "Requests would fail"
    GONE = "gone", "No longer offered"


class ModelCheck(models.Model):
    """The last time a provider was asked about one model of the flavors, and what it said.

    `findings` are `{kind, message, field}`, as in `apps.providers.offers.Finding`. `flavors` are those that list it.
    """

    provider = models.CharField(max_length=50)
    capability = models.CharField(max_length=30, choices=[(one.value, one.value) for one in Capability])
    model = models.CharField(max_length=200)
    result = models.CharField(max_length=10, choices=CheckResult)
    findings = models.JSONField(default=list)
    successor = models.CharField(max_length=200, blank=True)
    flavors = models.JSONField(default=list)
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["provider", "capability", "model"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "capability", "model"], name="model_check_one_per_model"),
            models.CheckConstraint(condition=models.Q(result__in=CheckResult.values), name="model_check_known_result"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.model}: {self.result}"
