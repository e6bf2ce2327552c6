"""The chat server's environment variables; `.env.example` explains them."""

from apps.providers.variables import Secret, Text, Url

VARIABLES = (
    Secret("LLM_API_KEY", label="API key"),
    Text("LLM_MODEL", label="Model"),
    Url("LLM_BASE_URL", "https://api.openai.com/v1", label="Address"),
)
