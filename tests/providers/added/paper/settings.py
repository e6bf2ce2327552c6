"""Paper's environment variable."""

from apps.providers.variables import Number

VARIABLES = (Number("PAPER_SHEETS", 0),)
