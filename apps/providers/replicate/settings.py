"""Replicate's environment variables; `.env.example` explains them."""

from apps.providers.variables import Number, Secret, Url

VARIABLES = (
    Secret("REPLICATE_API_TOKEN", label="API token"),
    Url("REPLICATE_BASE_URL", "https://api.replicate.com/v1"),
    Secret("REPLICATE_WEBHOOK_SECRET"),
    Number("REPLICATE_SUBMITS_PER_MINUTE", 600, minimum=1),
)
