"""Sync.so's environment variables; `.env.example` explains them."""

from apps.providers.variables import Number, Text, Url

VARIABLES = (
    Text("SYNC_API_KEY"),
    Url("SYNC_BASE_URL", "https://api.sync.so"),
    Text("SYNC_WEBHOOK_SECRET"),
    Number("SYNC_SUBMITS_PER_MINUTE", 60, minimum=1),
)
