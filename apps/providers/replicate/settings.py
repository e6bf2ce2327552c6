"""Replicate's environment variables; `.env.example` explains them."""

from apps.providers.variables import Number, Text, Url

VARIABLES = (
    Text("REPLICATE_API_TOKEN"),
    Url("REPLICATE_BASE_URL", "https://api.replicate.com/v1"),
    Text("REPLICATE_WEBHOOK_SECRET"),
    Number("REPLICATE_SUBMITS_PER_MINUTE", 600, minimum=1),
)
