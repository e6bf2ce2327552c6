"""Django's settings, read from the environment. Every variable is explained in `.env.example`."""

import pkgutil
import re
from pathlib import Path

import dj_database_url
import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

import embedded
from embedded.addresses import EVERY_ADDRESS, own_names, reachable_host
from engines.cores import usable_cores
from mvsite import env
from mvsite.logging import configure_logging
from mvsite.provider_settings import provider_settings
from mvsite.secret import load_secret_key

# Lets Django's generic classes take a parameter at run time too: ModelAdmin[Job].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
# Variables that are already in the environment win over the file.
load_dotenv(BASE_DIR / ".env")
DATA_DIR = env.folder("MV_DATA_DIR", BASE_DIR / "var")
embedded.access_check(DATA_DIR)

# --- addresses and sign-in ---
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, minimum=1, maximum=65535)
PUBLIC_URL = env.url("PUBLIC_URL")
# The base of links in logs and in the output of commands.
STUDIO_URL = PUBLIC_URL or f"http://{reachable_host(HOST)}:{PORT}"
LOOPBACK = HOST in {"127.0.0.1", "localhost", "::1"}
# A local owner who is signed in automatically: right for a laptop, never for an address that others can reach.
DATABASE_URL = env.url("DATABASE_URL", schemes=("postgresql", "postgres"))
EMBEDDED_DATABASE = not DATABASE_URL
SINGLE_USER = env.boolean("MV_SINGLE_USER", default=EMBEDDED_DATABASE and LOOPBACK)
if SINGLE_USER and not LOOPBACK:
    raise ImproperlyConfigured(
        f"MV_SINGLE_USER is on, but others can reach HOST={HOST}. Unset MV_SINGLE_USER or set HOST=127.0.0.1."
    )

DEBUG = False
MV_DEBUG_MODE = env.boolean("MV_DEBUG_MODE", default=False)
SECRET_KEY = load_secret_key(DATA_DIR)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", HOST, *env.words("ALLOWED_HOSTS")]
if HOST in EVERY_ADDRESS:
    ALLOWED_HOSTS += own_names()
if PUBLIC_URL:
    ALLOWED_HOSTS.append(re.sub(r"^https?://([^/:]+).*$", r"\1", PUBLIC_URL))
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
# The proxies trusted to report a request's client address and protocol. Those on this machine are trusted by default.
TRUSTED_PROXIES = env.networks("MV_TRUSTED_PROXIES", "127.0.0.0/8,::1")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
HTTPS_ONLY = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
# A month: long enough to protect returning visitors, short enough to be able to give up https again.
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS_ONLY else 0
SILENCED_SYSTEM_CHECKS = [
    # HSTS for all subdomains, and HSTS preloading: only the domain's owner knows whether all of them have https.
    "security.W005",
    "security.W021",
]
if HTTPS_ONLY:
    # HttpsMiddleware redirects instead: SECURE_SSL_REDIRECT would also redirect loopback requests from this machine.
    SILENCED_SYSTEM_CHECKS.append("security.W008")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_celery_beat",
    "apps.core",
    "apps.credentials",
    "apps.accounts",
    "apps.flavors",
    "apps.catalog",
    "apps.gallery",
    "apps.assets",
    "apps.jobs",
    "apps.songs",
    "apps.projects",
    "apps.scenes",
    "apps.composition",
    "apps.archive",
    "apps.production",
    "apps.pro",
    "apps.studio",
]

MIDDLEWARE = [
    # First, so that probes get a response with any host name, and while the database is down.
    "mvsite.health.HealthMiddleware",
    # Before everything that can refuse a request, because the form of a refusal depends on whether htmx sent it.
    "django_htmx.middleware.HtmxMiddleware",
    "mvsite.proxies.TrustedProxyMiddleware",
    "apps.core.request_context.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "mvsite.proxies.HttpsMiddleware",
    "apps.core.request_context.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.core.trailing_slash.TrailingSlashMiddleware",
    "django.middleware.common.CommonMiddleware",
    "apps.core.request_context.PlainTextMiddleware",
    # Before the CSRF check, which it replaces with an origin check for the local owner.
    "apps.accounts.local_owner.LocalOwnerMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Last, so that it sees a view's exception first.
    "apps.core.http_errors.ErrorReplyMiddleware",
]

ROOT_URLCONF = "mvsite.urls"
WSGI_APPLICATION = "mvsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- database and broker ---
DATABASES = {
    "default": {
        **dj_database_url.parse(DATABASE_URL or embedded.postgres_url(DATA_DIR)),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss", "unix"))
EMBEDDED_REDIS = not REDIS_URL
REDIS_URL = REDIS_URL or embedded.redis_url(DATA_DIR)
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# For the same socket, redis-py uses unix:// and kombu uses redis+socket://.
CELERY_BROKER_URL = re.sub(r"^unix://", "redis+socket://", REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Celery's default is the number of the machine's cores, even in a container that may use fewer.
CELERY_WORKER_CONCURRENCY = usable_cores()
CELERY_TASK_DEFAULT_QUEUE = "io"
CELERY_TASK_CREATE_MISSING_QUEUES = True
# Longer than the longest time limit of a job (jobs.kinds), so that a running task is not delivered again.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 4 * 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Workers survive any outage of the broker; by default they would give up after 100 tries.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A broker whose disk is full refuses commands. By default, workers would end at the first one, and their jobs, too.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
# A worker that is told to stop gives running tasks this long; the sweep recovers any that are interrupted then.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 8.0
CELERY_BEAT_SCHEDULER = "mvsite.beat:HeartbeatScheduler"
CELERY_IMPORTS = [f"workers.{module.name}" for module in pkgutil.iter_modules([str(BASE_DIR / "workers")])]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Celery would log each write of a traceback as its own line.
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"

# --- files ---
MEDIA_ROOT = DATA_DIR / "media"
SCRATCH_ROOT = DATA_DIR / "scratch"
SEGMENT_CACHE_ROOT = DATA_DIR / "segments"
SEGMENT_CACHE_BYTES = env.integer("MV_SEGMENT_CACHE_BYTES", 20 * 1024**3, minimum=0)
# A film with fewer seconds to encode is encoded by the worker that joins it.
FAN_OUT_SECONDS = env.integer("MV_FAN_OUT_SECONDS", 20, minimum=1)
SCRATCH_MAX_BYTES = env.integer("MV_SCRATCH_MAX_BYTES", 20 * 1024**3, minimum=0)
KEEP_LOCAL_FILES = env.boolean("MV_KEEP_LOCAL_FILES", default=False)
ORPHAN_MAX_AGE_HOURS = env.integer("MV_ORPHAN_MAX_AGE_HOURS", 24, minimum=1)
STORAGE_BUCKET = env.text("STORAGE_BUCKET")
STORAGE_ENDPOINT_URL = env.url("STORAGE_ENDPOINT_URL")
STORAGE_PUBLIC_ENDPOINT_URL = env.url("STORAGE_PUBLIC_ENDPOINT_URL")
STORAGE_REGION = env.text("STORAGE_REGION")
# Per kind of file: the most bytes and seconds accepted, and the description used to refuse anything else.
UPLOAD_LIMITS = {
    "audio": (1024**3, 3600, "a song such as mp3, wav, flac, m4a or ogg"),
    "video": (4 * 1024**3, 3600, "a video such as mp4, mov or webm"),
    "image": (64 * 1024**2, None, "a picture such as png, jpg or webp"),
}
# Sites from which songs can be imported by link: a host with its subdomains, and the yt-dlp extractors that may run for
# its pages. Never "generic", which accepts any page. Extractors for pages with several songs are listed so that those
# pages can be refused with a clear message.
IMPORT_SITES = {
    "youtube.com": ["youtube", "youtube:tab"],
    "youtube-nocookie.com": ["youtube"],
    "youtu.be": ["youtube", "youtube:tab"],
    "soundcloud.com": ["soundcloud", "soundcloud:set"],
    "bandcamp.com": ["bandcamp", "bandcamp:album"],
    "vimeo.com": ["vimeo"],
}
FILE_UPLOAD_HANDLERS = ["apps.assets.uploading.uploads.SpoolingUploadHandler"]
# For JSON, and for forms without their files. Five hundred scenes with long descriptions need a quarter of it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

STATIC_URL = "/static/"
# In the data folder, so that the code can be read-only. The Docker image fills its own folder at build time.
STATIC_ROOT = env.folder("MV_STATIC_ROOT", DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "apps.core.static_files.StaticFilesStorage"},
}

# --- providers ---
# The keys, addresses and limits that each provider declares in its folder.
globals().update(provider_settings())
ALLOWED_FETCH_HOSTS = env.words("MV_ALLOWED_FETCH_HOSTS")
CONFIGS_DIR = BASE_DIR / "configs"

# --- API ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "apps.core.pagination.StandardPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PARSER_CLASSES": [
        "apps.core.parsers.StrictJSONParser",
        "rest_framework.parsers.MultiPartParser",
        "rest_framework.parsers.FormParser",
    ],
    # JSON by default; the browsable API only for clients that accept HTML.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer", "apps.core.browsable.BrowsableRenderer"],
    "EXCEPTION_HANDLER": "apps.core.http_errors.api_exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "mvsite",
    "DESCRIPTION": "Self-hosted AI music-video studio.",
    "VERSION": "1",
    # What a request takes and what a response holds differ: unknown fields, blank text, null.
    "COMPONENT_SPLIT_REQUEST": True,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_NAME_OVERRIDES": {
        "EntryEnum": "apps.scenes.models.Entry",
        "FitEnum": "apps.projects.models.Fit",
        "JobKindEnum": "apps.jobs.kinds.Kind",
        "OutputFramingEnum": "apps.composition.models.OutputFraming",
        "SceneFramingEnum": "apps.composition.models.SceneFraming",
        "AssetKindEnum": "apps.assets.models.AssetKind",
        "SubjectKindEnum": "apps.projects.models.SubjectKind",
        "ModelStateEnum": "apps.catalog.api.MODEL_STATES",
        "StateEnum": "apps.jobs.states.State",
    },
    "PREPROCESSING_HOOKS": ["apps.core.schema.without_maps"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.schema.describe_all",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOGIN_URL = "/accounts/sign-in/"
LOGIN_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "apps.core.http_errors.csrf_failure"
LOGGING_CONFIG = None
configure_logging(level=env.text("LOG_LEVEL", "INFO"), form=env.text("LOG_FORMAT"))

# --- job engine ---
JOB_HEARTBEAT_SECONDS = env.integer("MV_JOB_HEARTBEAT_SECONDS", 10, minimum=1)
# Three and a half heartbeats, so that a worker on a busy machine is not presumed dead.
JOB_SILENT_SECONDS = env.integer("MV_JOB_SILENT_SECONDS", 35, minimum=2)
# A vendor may list a request some time after accepting it, so look for a lost submit after this long.
JOB_UNKNOWN_DELAY_SECONDS = env.integer("MV_JOB_UNKNOWN_DELAY_SECONDS", 10, minimum=0)
