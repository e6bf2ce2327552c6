from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A user, who owns projects, songs and jobs."""


class ApiToken(models.Model):
    """A key for programs. Only its hash is stored; `prefix` lets its owner recognize it."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, editable=False)
    # The SHA-256 of the token. A slow hash guards guessable secrets; 256 random bits are not guessable.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
