"""ComfyUI's environment variable; `.env.example` explains it."""

from apps.providers.variables import Url

VARIABLES = (Url("COMFYUI_URL", label="Address"),)
