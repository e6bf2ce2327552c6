"""The transcription server's environment variables; `.env.example` explains them."""

from apps.providers.variables import Secret, Text, Url

VARIABLES = (
    Secret("TRANSCRIPTION_API_KEY", label="API key"),
    Text("TRANSCRIPTION_MODEL", "whisper-1", label="Model"),
    Url("TRANSCRIPTION_BASE_URL", "https://api.openai.com/v1", label="Address"),
)
