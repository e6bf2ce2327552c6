"""Encrypts stored values with a key derived from the installation's secret (`SECRET_KEY`).

Fernet (of the `cryptography` package) does all of it: AES in CBC mode with an HMAC, random initialization vectors, one
opaque text. It protects dumps and copies of the database. Whoever also has the data folder's `secret_key` can decrypt.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# Separates this key from everything else that Django derives from the same secret.
PURPOSE = b"mvsite stored values"


def seal(text: str) -> str:
    """Return the encrypted text."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text, or "" if it was encrypted with another secret."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def _fernet() -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
