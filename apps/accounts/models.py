from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """An owner of projects, songs and jobs."""
