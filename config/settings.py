"""Settings: one file, everything that differs between places comes from the environment (docs/administration.md)."""

import os
import socket
from pathlib import Path
from typing import Any

import dj_database_url
import structlog
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import embedded, release
from config.counts import count
from config.secret import cookie_of, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VAR") or BASE_DIR / "var").resolve()
ROOMS = ["display", "accounts", "api", "money", "imports", "projects", "outcomes", "costs", "portfolio"]
MEBIBYTE = 1024 * 1024
DAY = 24 * 3600.0  # seconds
RELEASE = release.fingerprint(BASE_DIR, [*ROOMS, "templates", "locale"])  # pages that an earlier one kept are not shown


def env_list(name: str, default: str = "") -> list[str]:
    """Return a comma separated environment variable as a list."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def env_flag(name: str) -> bool:
    """Return whether an environment variable is switched on (`1`)."""
    return os.environ.get(name) == "1"


# What this place is -----------------------------------------------------------------------------------------------
DEBUG = env_flag("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY") or secret_key(VAR)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "accounts.csrf.failure"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_structlog",
    "csp",
    *ROOMS,
    "allauth",
    "allauth.account",
    "ninja",  # its static files: Swagger UI
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.health.HealthMiddleware",  # below what sets headers, above whatever asks for the host
    "django_structlog.middlewares.RequestMiddleware",
    "api.middleware.HeadMiddleware",
    "api.middleware.ProblemMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ProfileMiddleware",
    "accounts.middleware.vary_by_part",
    "accounts.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.busy.BusyMiddleware",
    "config.limits.BodyLimitMiddleware",  # last: its page is in the person's language; nothing above reads a body
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "accounts.context.organisation",
            ],
            "builtins": ["accounts.templatetags.once"],
        },
    }
]

# Data: a server where one is named, else the embedded pair in VAR -------------------------------------------------
DATABASE_URL = os.environ.get("DATABASE_URL") or embedded.database_url(VAR)
REDIS_URL = os.environ.get("REDIS_URL") or embedded.redis_url(VAR)
DATABASES: dict[str, dict[str, Any]] = {"default": dict(dj_database_url.parse(DATABASE_URL, conn_health_checks=True))}
# A connection for each of granian's threads, and some for tasks that hold two; a restarted server costs no request.
# One whose machine falls silent is left, after a minute inside of a statement, unless the address says otherwise.
DATABASES["default"]["OPTIONS"] = {
    **{"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3},
    **{"tcp_user_timeout": 60_000},
    **DATABASES["default"].get("OPTIONS", {}),
    "pool": {"min_size": 1, "max_size": count("WEB_THREADS") + 4, "timeout": 15},
}
CACHES = {"default": {"BACKEND": "config.cache.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "cache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Background jobs: see docs/administration.md, "Jobs that a dead worker left" --------------------------------------
CELERY_BROKER_URL = embedded.broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# An unacknowledged task is handed out again after 40 s (looked at every 10 s): every task is safe to run twice.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 40,
    "socket_connect_timeout": 5,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "socket_keepalive_options": {socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3},
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}  # the clock sends what could not be sent
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BEAT_SCHEDULE = {
    "take-up-abandoned-imports": {"task": "imports.take_up_abandoned", "schedule": 20.0, "options": {"expires": 20}},
    "clear-files": {"task": "imports.clear_files", "schedule": DAY, "options": {"expires": DAY}},
    "send-letters": {"task": "accounts.send_letters", "schedule": 20.0, "options": {"expires": 20}},
    "clear-letters": {"task": "accounts.clear_letters", "schedule": DAY, "options": {"expires": DAY}},
    "clear-sessions": {"task": "accounts.clear_sessions", "schedule": DAY, "options": {"expires": DAY}},
    "raise-budget-notices": {"task": "costs.raise_budget_notices", "schedule": DAY, "options": {"expires": DAY}},
    "generate-lines": {"task": "costs.generate_lines", "schedule": DAY, "options": {"expires": DAY}},
    "mail-budget-notices": {"task": "costs.mail_budget_notices", "schedule": 300.0, "options": {"expires": 300}},
    "run-waiting": {"task": "costs.run_waiting", "schedule": 20.0, "options": {"expires": 20}},
    "follow-use": {"task": "costs.follow_use", "schedule": DAY, "options": {"expires": DAY}},
    "forget-answers": {"task": "api.forget_answers", "schedule": DAY, "options": {"expires": DAY}},
    "forget-sent-forms": {"task": "accounts.forget_sent_forms", "schedule": DAY, "options": {"expires": DAY}},
}

# People -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{VALIDATORS}.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"  # nobody signs up by themselves
ACCOUNT_FORMS = {
    "login": "accounts.sign_in_forms.SignInForm",
    "reset_password": "accounts.sign_in_forms.ForgottenPasswordForm",
    "reset_password_from_key": "accounts.sign_in_forms.NewPasswordForm",
    "change_password": "accounts.sign_in_forms.PasswordChangeForm",
}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a forgotten password for an unknown address: the same page, no letter
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are invited by an administrator, who knows the address
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_NAME = os.environ.get("SESSION_COOKIE_NAME") or cookie_of(SECRET_KEY)
CSRF_COOKIE_NAME = f"{SESSION_COOKIE_NAME}_csrf"
EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS")
EMAIL_USE_SSL = env_flag("EMAIL_USE_SSL")
EMAIL_TIMEOUT = int(os.environ.get("EMAIL_TIMEOUT", "10"))  # seconds without an answer, after which a letter waits
# "https://worthwhile.example.org": where links in letters lead to. Without it those about passwords lead to where the
# request came in, and letters that no request causes carry none.
SITE_URL = os.environ.get("SITE_URL", "").rstrip("/")
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "worthwhile@localhost")

# Languages and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
LOCALE_PATHS = [BASE_DIR / "locale" / room for room in [*ROOMS, "config"]]
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")

# Files: uploads always go to disk, so that a 2 GB bill costs no memory ---------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Hashed, compressed names where `make setup` has collected them; plain files while developing.
STATIC_COLLECTED = not DEBUG and (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not STATIC_COLLECTED
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# What is compressed already, and source maps, which only an open debugger asks for.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["woff2", "woff", "png", "jpg", "gif", "gz", "br", "map"]
STORAGES = {  # no default: uploads are kept by `imports`
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_COLLECTED or env_flag("COLLECTING")
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
FILE_UPLOAD_HANDLERS = ["config.uploads.ToDisk"]
FILE_UPLOAD_TEMP_DIR = embedded.private_folder(VAR / "uploads")
UPLOAD_MAX_BYTES = 2048 * MEBIBYTE
UNPACKED_MAX_BYTES = 20 * 1024 * MEBIBYTE  # what is in an uploaded .gz
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * MEBIBYTE
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a pasted grid of 1,000 cost lines

# Browser security -------------------------------------------------------------------------------------------------
# Django's defaults hold for the rest: no frames, no sniffing, no referrer elsewhere, no script that reads a session.
HTTPS = env_flag("HTTPS")
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True  # scripts have the token from their page
SECURE_HSTS_SECONDS = int(os.environ.get("HSTS_SECONDS", "31536000" if HTTPS else "0"))
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # subdomains and preload lists are the domain owner's
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if env_flag("TRUST_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # sign-in attempts are counted by the client's address, not by the proxy's
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# Logs: one JSON object a line with LOG_FORMAT=json, readable text otherwise ----------------------------------------
LOG_RENDERER = (
    structlog.processors.JSONRenderer()
    if os.environ.get("LOG_FORMAT") == "json"
    else structlog.dev.ConsoleRenderer(colors=False)
)
LOG_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info,
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": LOG_RENDERER,
            "foreign_pre_chain": LOG_PROCESSORS,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    "loggers": {"celery": {"level": "INFO"}},  # each job's start and end
}
structlog.configure(
    processors=[*LOG_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
