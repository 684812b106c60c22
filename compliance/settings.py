"""Django settings, from `compliance.project.environment`; an invalid value stops the start."""

import os
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from compliance.project import environment

ENVIRONMENT = environment.load(complete=os.environ.get("DESK_COMPLETE_SETTINGS") == "1")
BASE_DIR = environment.BASE_DIR
DATA_DIR = ENVIRONMENT.DATA_DIR
DEMO = ENVIRONMENT.DEMO

# Never on: debug pages show local variables, which have personal data.
DEBUG = False
SECRET_KEY = ENVIRONMENT.SECRET_KEY
VAULT_KEYS = ENVIRONMENT.VAULT_KEYS
SIMULATOR_URL = ENVIRONMENT.SIMULATOR_URL if DEMO else ""
PROVIDER_EXTRA_HOSTS = frozenset(ENVIRONMENT.PROVIDER_EXTRA_HOSTS) | ({urlsplit(SIMULATOR_URL).netloc} - {""})
TRUSTED_PROXY_COUNT = ENVIRONMENT.TRUSTED_PROXY_COUNT

ALLOWED_HOSTS = list(ENVIRONMENT.ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.CSRF_TRUSTED_ORIGINS)
ROOT_URLCONF = "compliance.urls"
WSGI_APPLICATION = "compliance.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "compliance.apps.ComplianceConfig",
    "providers.apps.ProvidersConfig",
    "compliance.apps.ReviewAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # static files are compressed when they are collected
    "compliance.project.compression.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "compliance.project.session_expiry.SessionLimitsMiddleware",
    "compliance.views.page_owner.PageOwnerMiddleware",
    "compliance.views.undecipherable.UndecipherableKeyMiddleware",
    "compliance.views.htmx.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

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
            ],
        },
    },
]

# Database. Migrations run with MIGRATION_DATABASE_URL instead.
DATABASES: dict[str, dict[str, Any]] = {"default": {"ENGINE": "django.db.backends.dummy"}}
if ENVIRONMENT.DATABASE_URL:
    DATABASES["default"] = environment.database_from_url(ENVIRONMENT.DATABASE_URL)
    if ENVIRONMENT.DATABASE_POOL:
        # Without health checks, requests fail after a restart of the database.
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
        DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 12, "timeout": 10}

# Shared by all processes, independent of the broker.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "desk_cache"},
    # Counts and choices that may be seconds old; in the database they would cost as much as they save.
    "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "desk-memory"},
}

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"] if (BASE_DIR / "static").is_dir() else []
MEDIA_ROOT = DATA_DIR / "documents"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "documents": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "documents"},
    },
    "staticfiles": {"BACKEND": "compliance.project.static_files.StaticFiles"},
}

# Users and sign-in
AUTH_USER_MODEL = "compliance.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# By user name and address: guesses from one address do not lock out the user elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_TEMPLATE = "registration/login.html"
AXES_CLIENT_IP_CALLABLE = "compliance.project.client_ip.client_address"
AXES_USERNAME_CALLABLE = "compliance.project.client_ip.counted_name"
AXES_HTTP_RESPONSE_CODE = 429
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_ABSOLUTE_LIMIT = timedelta(hours=12)
# Production shows personal data, so an idle session ends.
SESSION_IDLE_LIMIT = None if DEMO else timedelta(minutes=15)
CSRF_COOKIE_HTTPONLY = False  # htmx sends the token from the page as a header
CSRF_FAILURE_VIEW = "compliance.views.page_owner.csrf_failure"

# Requests. Upload views set their own handler, which buffers files in memory; all others discard files.
FILE_UPLOAD_HANDLERS = ["compliance.evidence.upload_handler.DiscardingUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 40

# Browser policies
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF, "blob:"],
        "frame-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

if not DEMO:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(live|ready|progress)$"]  # probes are sent from the same host
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Language and times
LANGUAGE_CODE = "en"
USE_I18N = False
FORMAT_MODULE_PATH = ["compliance.project.formats"]
TIME_ZONE = ENVIRONMENT.TIME_ZONE

# Tasks: a message wakes a worker, is acknowledged after the work and redelivered soon when a worker dies.
# The order of four times keeps a row from being processed twice: slice < limit < lease < redelivery.
SYNC_SLICE_SECONDS = 45
SYNC_LEASE_SECONDS = 120
CELERY_BROKER_URL = ENVIRONMENT.BROKER_URL
CELERY_TASK_SOFT_TIME_LIMIT = 95
CELERY_TASK_TIME_LIMIT = 100
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
if ENVIRONMENT.BROKER_URL.startswith("amqp"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {}  # RabbitMQ redelivers automatically, and rejects unknown options
# Kilobytes. A slice of reads ends early above it, and the child is replaced after its task.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "compliance.tasks.sync_slice": {"queue": "sync"},
    "compliance.tasks.copy_evidence": {"queue": "evidence"},
}
SYNC_SLOTS = (0, 1)
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    **{
        f"sync-{slot}": {
            "task": "compliance.tasks.sync_slice",
            "schedule": 2.0,
            "args": [slot],
            # A late wake-up is useless: the next one follows.
            "options": {"expires": 5},
        }
        for slot in SYNC_SLOTS
    },
    "copy-evidence": {"task": "compliance.tasks.copy_evidence", "schedule": 2.0, "options": {"expires": 5}},
    "sweep": {"task": "compliance.tasks.sweep", "schedule": 60.0, "options": {"expires": 55}},
}

# One line an event on standard error, without personal data, see `compliance.project.log_format`.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "compliance.project.log_format.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": ENVIRONMENT.LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "INFO"},
        "django.server": {"handlers": [], "propagate": True},
        "urllib3": {"level": "WARNING"},  # its debug lines have whole URLs
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "axes": {"level": "ERROR"},  # its lines have user names of failed sign-ins
    },
}
