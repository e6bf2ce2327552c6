"""`pytest -p tests.providers.added.plugin`: treat the folders next to this file as added providers."""

from pathlib import Path

import apps.providers

# Before anything imports the registry or reads the settings, like a folder that existed at startup.
apps.providers.__path__.append(str(Path(__file__).parent))
