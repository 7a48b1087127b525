"""Settings, from the environment. `.env.example` lists every variable; a test compares the two.

Without any variable this is the embedded profile: SQLite, a private broker and a secret key of its own
under `var/`. `ATTEST_PRODUCTION=true` takes away every default that would be unsafe.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.env import (
    checked_secret,
    env_bool,
    env_endpoints,
    env_hosts,
    env_int,
    env_list,
    env_required,
    kept_secret,
)
from config.logs import without_secrets

# Django's own generic classes take their type arguments at run time too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
ATTEST_HOME = Path(os.environ.get("ATTEST_HOME") or BASE_DIR / "var").resolve()
PRODUCTION = env_bool("ATTEST_PRODUCTION", default=False)
DEBUG = False

if PRODUCTION:
    SECRET_KEY = checked_secret("SECRET_KEY", env_required("SECRET_KEY", why="Sessions are signed with it."))
    ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts that Attest answers for, without '*'.")
else:
    SECRET_KEY = os.environ.get("SECRET_KEY") or kept_secret(ATTEST_HOME / "secret_key")
    ALLOWED_HOSTS = env_list("ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "config.admin.AttestAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "django_structlog",
    "corpus",
    "annotations",
]

MIDDLEWARE = [
    "config.health.probe_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "corpus.api.guard.InputGuardMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------

# WAL with BEGIN IMMEDIATE: with Django's defaults a third of concurrent writes die with "database is
# locked". Writers stand in line (config/sqlite), for `timeout` seconds at most. FULL, because a label that
# was answered with "saved" must survive a power cut.
SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    # An import writes 2,000 pages a second; a checkpoint for each 1,000 costs it a twentieth.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000; "
        "PRAGMA wal_autocheckpoint=8000;"
    ),
}

if PRODUCTION:
    DATABASES = {
        "default": environ.Env.db_url_config(env_required("DATABASE_URL", why="PostgreSQL, as postgres://…"))
    }
else:
    ATTEST_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    DATABASES = {
        "default": environ.Env.db_url_config(
            os.environ.get("DATABASE_URL") or f"sqlite:///{ATTEST_HOME / 'attest.sqlite3'}"
        )
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"] |= {"ENGINE": "config.sqlite", "OPTIONS": SQLITE_OPTIONS}
# To open one costs more than a millisecond a request, on SQLite too.
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Celery: the doorbell; the jobs themselves live in the database (docs/decisions.md) ---------------


def embedded_broker_socket() -> Path:
    """Return the private socket of the embedded broker, in a path short enough for the kernel."""
    socket = ATTEST_HOME / "run" / "broker.sock"
    if len(os.fsencode(socket)) <= 100:
        return socket
    digest = hashlib.sha256(os.fsencode(ATTEST_HOME)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"attest-{os.getuid()}-{digest}" / "broker.sock"


BROKER_SOCKET = embedded_broker_socket()
CELERY_BROKER_URL = (
    env_required("CELERY_BROKER_URL", why="Redis or Valkey, as redis://…")
    if PRODUCTION
    else os.environ.get("CELERY_BROKER_URL") or f"redis+socket://{BROKER_SOCKET}"
)
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
# A message outlives its task's hard limit, so that a slow task is not delivered twice; a lost one is
# rung again by the sweeper long before that. Redis' own sweep of unacknowledged messages is made quick.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float | str] = {
    "visibility_timeout": 420,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    # Who rings does not wait for a broker that is away: the sweeper rings again.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
# Remote control and results would leave keys without an end in the broker.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_PUBLISH_RETRY = False

#: Seconds that a worker holds a job before the sweeper may give it to another; its heartbeat renews them.
ATTEST_JOB_LEASE = env_int("ATTEST_JOB_LEASE", default=60, low=2, high=3600)
#: Seconds between two rounds of the sweeper.
ATTEST_SWEEP_INTERVAL = env_int("ATTEST_SWEEP_INTERVAL", default=2, low=1, high=60)

#: Where the sweeper anchors the chains of events, outside of the database (docs/history.md).
ATTEST_ANCHORS = Path(os.environ.get("ATTEST_ANCHORS") or ATTEST_HOME / "anchors").resolve()
#: Seconds between two anchors of a chain that grows.
ATTEST_ANCHOR_INTERVAL = env_int("ATTEST_ANCHOR_INTERVAL", default=300, low=1, high=86_400)

#: Where the files of background exports are kept, for web servers and workers alike (docs/operating.md).
ATTEST_EXPORTS = Path(os.environ.get("ATTEST_EXPORTS") or ATTEST_HOME / "exports").resolve()
#: Days that a file is kept; its manifest stays.
ATTEST_EXPORT_DAYS = env_int("ATTEST_EXPORT_DAYS", default=7, low=1, high=365)

# --- Pipelines that run elsewhere (docs/pipelines.md); without endpoints there are none ----------------

#: Seconds for everything that one article takes at an endpoint. A task must outlive them.
ATTEST_ENDPOINT_SECONDS = env_int("ATTEST_ENDPOINT_SECONDS", default=60, low=1, high=240)
#: The addresses that corpora may name, with their secrets. Only the operator writes them, and only here.
ATTEST_ENDPOINTS = env_endpoints("ATTEST_ENDPOINTS", seconds=ATTEST_ENDPOINT_SECONDS)

# --- Webhooks (docs/webhooks.md) ----------------------------------------------------------------------

#: Hosts of the operator's own network that webhooks may lead to, by plain HTTP too; all others are public.
ATTEST_WEBHOOK_HOSTS = env_hosts("ATTEST_WEBHOOK_HOSTS")

# --- Training (docs/learning.md); without an encoder there is only the light learner --------------------

#: A folder, or an installed package that brings one along. Nothing is ever downloaded.
ATTEST_ENCODER = os.environ.get("ATTEST_ENCODER", "").strip()
#: Cores that training a network may take, at a low priority.
ATTEST_TRAINING_THREADS = env_int("ATTEST_TRAINING_THREADS", default=1, low=1, high=64)

# --- People and requests -----------------------------------------------------------------------------

AUTH_USER_MODEL = "corpus.User"
LOGIN_URL = "admin:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
#: A body of many articles is read as a stream, so its limit is one of patience, not of memory.
ATTEST_MAX_STREAM_BYTES = env_int("ATTEST_MAX_STREAM_BYTES", default=4 * 2**30, low=2**20, high=2**40)

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else ATTEST_HOME / "static"
if not PRODUCTION:
    STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "corpus.api.authentication.TokenAuthentication",
        "corpus.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["corpus.api.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["corpus.api.rendering.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "corpus.api.errors.handle_error",
    "UNAUTHENTICATED_USER": None,
    # `format` is a parameter of our own export.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Attest",
    "DESCRIPTION": "Articles in, reviewed labels out: who said what, and which claims an article makes.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "VerdictEnum": "annotations.models.reviews.Verdict",
        "DecisionEnum": "annotations.services.decisions.SAID",
        "RevisionStatusEnum": "corpus.models.RevisionStatus",
        "JobStatusEnum": "annotations.models.JobStatus",
        "WorkStatusEnum": "annotations.models.WorkStatus",
        "TrainingStatusEnum": "annotations.models.TrainingStatus",
        "AssignmentStatusEnum": "annotations.models.AssignmentStatus",
        "DisputeStatusEnum": "annotations.models.DisputeStatus",
        "DeliveryStatusEnum": "annotations.models.DeliveryStatus",
    },
    "TAGS": [
        {"name": "corpora", "description": "Corpora, members, guideline and scheme."},
        {"name": "articles", "description": "Texts in, their revisions and blocks."},
        {"name": "layers", "description": "What machines, reviewers and gold say of a text."},
        {"name": "reviews", "description": "Deciding, and the pass that the decisions make up."},
        {"name": "queue", "description": "Taking articles under a lease, and ending passes."},
        {"name": "disputes", "description": "Where passes differ, and what holds."},
        {"name": "rereviews", "description": "What a changed rule asks for anew."},
        {"name": "comments", "description": "Talking about a line or an article."},
        {"name": "machines", "description": "Pipelines, runs and jobs."},
        {"name": "files", "description": "Exports and imports."},
        {"name": "events", "description": "The audit trail, and counts."},
        {"name": "releases", "description": "Frozen data sets, split by story."},
        {"name": "webhooks", "description": "Events, sent to where you want them."},
        {"name": "access", "description": "Who you are, and your tokens."},
    ],
}

# --- Logs: one JSON object a line, so that no input can forge a line --------------------------------

LOG_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_secrets,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
            "foreign_pre_chain": LOG_PROCESSORS,
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    # Its warnings hold the address of an endpoint, and what the endpoint sent.
    "loggers": {"urllib3": {"level": "ERROR"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("ATTEST_LOG_LEVEL", "INFO").upper()},
}
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *LOG_PROCESSORS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
