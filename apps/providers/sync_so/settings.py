"""Sync.so's environment variables; `.env.example` explains them."""

from apps.providers.variables import Number, Secret, Url

VARIABLES = (
    Secret("SYNC_API_KEY", label="API key"),
    Url("SYNC_BASE_URL", "https://api.sync.so"),
    Secret("SYNC_WEBHOOK_SECRET"),
    Number("SYNC_SUBMITS_PER_MINUTE", 60, minimum=1),
)
