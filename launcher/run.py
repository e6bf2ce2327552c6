"""`make run`, `make video`, `make demo`.

`python -m launcher.run` serves the studio. `python -m launcher.run --command NAME …` runs a management command with the
workers of a running `make run`, or else with its own workers, which stop with it.
"""

import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from embedded import EmbeddedServiceError
from launcher.fake_providers import fake_providers
from launcher.launch import StartError, command_run, studio_run

PROJECT = Path(__file__).resolve().parent.parent


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
    os.chdir(PROJECT)
    arguments = sys.argv[1:]
    try:
        with fake_providers():
            if not arguments:
                return studio_run()
            if arguments[0] == "--command" and len(arguments) > 1:
                return command_run(arguments[1:])
        raise StartError("Use `python -m launcher.run`, or `python -m launcher.run --command NAME ARGUMENTS`.")
    except (ImproperlyConfigured, StartError, EmbeddedServiceError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
