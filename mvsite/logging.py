"""Sets up structlog on top of the standard library's logging: snake_case events, facts as keys."""

import logging.config
import os
import sys

import structlog
from django.core.exceptions import ImproperlyConfigured

FORMS = ("console", "plain", "json")
CONTEXT: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.StackInfoRenderer(),
]
PRECISE_TIME = structlog.processors.TimeStamper(fmt="iso", utc=True)
CLOCK_TIME = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)


def configure_logging(*, level: str, form: str = "") -> None:
    """Send every log line, ours and the libraries', to stderr.

    `form` is "console" for people, or "plain" (key=value) or "json" for programs. "" means console on a terminal and
    plain otherwise.
    """
    if form and form not in FORMS:
        raise ImproperlyConfigured(f"LOG_FORMAT={form!r} is unknown. Set it to {', '.join(FORMS)}, or unset it.")
    form = form or ("console" if sys.stderr.isatty() else "plain")
    # The console renderer formats exceptions itself.
    rest = [CLOCK_TIME] if form == "console" else [PRECISE_TIME, structlog.processors.format_exc_info]
    shared = [*CONTEXT, *rest]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "chosen": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        _renderer(form),
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "chosen"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "celery": {"level": "WARNING"},
                "amqp": {"level": "WARNING"},
                # It repeats each refusal, which is in the access log, with its reason for most (core/http_errors.py).
                "django.request": {"level": "ERROR"},
                "PIL": {"level": "INFO"},
                # At DEBUG it logs full URLs, including signatures.
                "urllib3": {"level": "INFO"},
            },
        }
    )


def _renderer(form: str) -> structlog.typing.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    if form == "plain":
        return structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"], drop_missing=True)
    return structlog.dev.ConsoleRenderer(
        colors="NO_COLOR" not in os.environ,
        # The richer formatters print every local variable, including keys and links.
        exception_formatter=structlog.dev.plain_traceback,
    )
