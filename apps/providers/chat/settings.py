"""The chat server's environment variables; `.env.example` explains them."""

from apps.providers.variables import Text, Url

VARIABLES = (
    Url("LLM_BASE_URL", "https://api.openai.com/v1"),
    Text("LLM_API_KEY"),
    Text("LLM_MODEL"),
)
