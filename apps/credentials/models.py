from django.db import models


class StoredValue(models.Model):
    """A provider's key, address or model that was entered in the studio, by the name of its environment variable.

    `sealed` is the encrypted value (`sealing.py`). Backups and project archives leave these rows out, and the admin
    doesn't show them.
    """

    name = models.CharField(max_length=100, unique=True)
    sealed = models.TextField()
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name
