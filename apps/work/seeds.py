"""Random seeds that every provider accepts."""

import secrets

# Providers document seeds up to 2**31 - 1; a larger one is refused by some of them.
SEED_MAXIMUM = 2**31 - 1


def new_seed() -> int:
    return secrets.randbelow(SEED_MAXIMUM + 1)
