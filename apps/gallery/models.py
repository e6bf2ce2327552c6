"""Pictures of the flavors: a cache, which backups leave out."""

from django.db import models


class FlavorPicture(models.Model):
    """How the free draft draws with certain values: a still, and a few seconds that move, both as WebP.

    `recipe` is the hash of `values`, so flavors with the same values share a picture, and an edit gets a new one. The
    files are in the row, since they are small and every machine of an installation needs them. `problem` says why the
    values can't be drawn."""

    recipe = models.CharField(max_length=64, unique=True)
    values = models.JSONField()
    still = models.BinaryField(null=True)
    moving = models.BinaryField(null=True)
    problem = models.TextField(blank=True, default="")
    # When a worker was last told to draw it; a lost message is sent again after a while.
    asked_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.recipe
