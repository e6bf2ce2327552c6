"""`pytest -p tests.providers.added.plugin`: the folders beside this file are providers too, as if they were added."""

from pathlib import Path

import apps.providers

# Before anything imports the registry or reads the settings, as with a folder that was there when the studio started.
apps.providers.__path__.append(str(Path(__file__).parent))
