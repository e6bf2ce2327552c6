"""The signing key: from the environment, or else created once and stored in the data folder."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

from mvsite import env


def load_secret_key(data_dir: Path) -> str:
    """Return SECRET_KEY, or the key in `data_dir`/secret_key, which is created (readable by its owner) if missing."""
    if key := env.text("SECRET_KEY"):
        return key
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        draft = data_dir / f"secret_key.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(get_random_secret_key())
        try:
            # link() fails if another process was first, and then its key is used.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
