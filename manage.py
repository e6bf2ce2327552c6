#!/usr/bin/env python
"""Django's command line for mvsite."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mvsite.settings")
    if "MV_DEBUG_MODE" not in os.environ:
        # The caller wants to read the command's own output; warnings are still shown.
        os.environ.setdefault("LOG_LEVEL", "WARNING")
    import kombu.exceptions
    import redis.exceptions
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        sys.exit(_service_missing("PostgreSQL", "DATABASE_URL", error))
    except (kombu.exceptions.OperationalError, redis.exceptions.ConnectionError) as error:
        sys.exit(_service_missing("Redis", "REDIS_URL", error))
    except KeyboardInterrupt:
        sys.exit(130)


def _service_missing(name: str, variable: str, error: Exception) -> str:
    if os.environ.get(variable):
        return f"Can't connect to {name} at {variable}: {str(error).strip()}"
    return f"The embedded {name} isn't running: start it with `make run` in another terminal, or set {variable}."


if __name__ == "__main__":
    main()
