"""Django's settings, made from the checked `Config` of `ticketdesk.env`. Importing this starts nothing.

Secure by default: what weakens it (DEBUG, plain http) has to be asked for or follows from SITE_URL.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from ticketdesk import embedded, env
from ticketdesk.logs import logging_settings

CONFIG = env.load_or_exit()
BASE_DIR = env.BASE_DIR
VAR_DIR = CONFIG.var_dir
DEBUG = CONFIG.debug
SITE_URL = CONFIG.site_url
SECRET_KEY = CONFIG.secret_key or embedded.secret_key(VAR_DIR)
SECRET_KEY_FALLBACKS = list(CONFIG.secret_key_fallbacks)

# --- apps and the way of a request ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "ticketdesk",
    "contactcenter",
    "itsm",
    "tickets",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "django_htmx",
    "csp",
    "ninja",
    "storages",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "ticketdesk.metrics.MeasureRequests",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tickets.web.locale.PersonLocaleMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "ticketdesk.urls"
WSGI_APPLICATION = "ticketdesk.wsgi.application"
ASGI_APPLICATION = "ticketdesk.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "ticketdesk.templates.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tickets.web.nav.nav",
                "tickets.web.notices.bell",
            ],
        },
    },
]

# --- servers -------------------------------------------------------------------------------------------------------


def _database(url: str, role: str) -> dict[str, Any]:
    """One PostgreSQL address as Django wants it; the embedded server's when there is none."""
    settings = env.database_settings(url) if url else embedded.database_settings(VAR_DIR, role)
    settings["ATOMIC_REQUESTS"] = False
    settings["CONN_HEALTH_CHECKS"] = True
    options = settings.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 5)
    options.setdefault("application_name", "ticketdesk")
    if CONFIG.database_pool_size:
        settings["CONN_MAX_AGE"] = 0  # Django insists: the pool keeps the connections
        options["pool"] = {"min_size": 1, "max_size": CONFIG.database_pool_size, "timeout": 5}
    else:
        settings["CONN_MAX_AGE"] = 300
    return settings


# The application's role owns nothing; migrations run as the owner (see management/commands/migrate.py).
DATABASES = {"default": _database(CONFIG.database_url, embedded.APPLICATION_ROLE)}
OWNER_DATABASE = _database(CONFIG.database_owner_url, embedded.OWNER_ROLE)
OWNER_DATABASE["OPTIONS"].pop("pool", None)

REDIS_URL = CONFIG.redis_url or embedded.redis_url(VAR_DIR)
# Redis is a wire: broker, channel layer and cache share one database, told apart by their prefixes.
REDIS_PREFIX = CONFIG.redis_prefix + ":"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_PREFIX + "cache",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": REDIS_PREFIX + "live"},
    }
}

# --- files ---------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.static_root
STATICFILES_DIRS = [BASE_DIR / "static"] if (BASE_DIR / "static").is_dir() else []
WHITENOISE_MAX_AGE = 3600


def _attachments(storage: env.Storage) -> dict[str, Any]:
    """Attachments: content-addressed files in a folder, or objects in a bucket that is never public."""
    if storage.folder is not None:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": storage.folder,
                "base_url": None,  # attachments are only ever served by a view that checks who asks
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    options: dict[str, Any] = {
        "bucket_name": storage.bucket,
        "location": storage.prefix,
        "default_acl": None,
        "querystring_auth": True,
        "file_overwrite": False,
    }
    given = {
        "endpoint_url": storage.endpoint,
        "region_name": storage.region,
        "access_key": storage.access_key,
        "secret_key": storage.secret_key,
    }
    options.update({name: value for name, value in given.items() if value})
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def _static_files() -> str:
    """Names with a hash, so that browsers keep files for good; compressed too (half a minute of work) for the world."""
    if DEBUG:
        return "django.contrib.staticfiles.storage.StaticFilesStorage"
    if CONFIG.is_https:
        return "whitenoise.storage.CompressedManifestStaticFilesStorage"
    return "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


STORAGES = {"default": _attachments(CONFIG.storage), "staticfiles": {"BACKEND": _static_files()}}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_485_760
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# --- people and sign-in --------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "tickets.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "ticketdesk.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "optional"  # people are made by an admin or by their own mail, never by themselves
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_TEMPLATE_EXTENSION = "html"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_TOTP_ISSUER = "Ticketdesk"
MFA_RECOVERY_CODE_COUNT = 10
# Nobody can sign up, so no account stands on somebody else's address; the library's default refuses the second step
# to everyone who signs in with a password alone.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# --- languages and time --------------------------------------------------------------------------------------------

USE_I18N = True
USE_TZ = True
LANGUAGE_CODE = CONFIG.default_language
LANGUAGES = [("hu", _("Hungarian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "ticketdesk" / "locale"]
FORMAT_MODULE_PATH = ["ticketdesk.formats"]
TIME_ZONE = CONFIG.time_zone

# --- mail ----------------------------------------------------------------------------------------------------------

# Every mail, sign-in codes too, becomes a row of the outbox; the drain speaks to OUTGOING_SMTP, or captures when None.
EMAIL_BACKEND = "tickets.mail.backend.OutboxBackend"
OUTGOING_SMTP = CONFIG.email
DKIM = CONFIG.dkim
SITE_HOST = urlsplit(SITE_URL).hostname or "localhost"
DEFAULT_FROM_EMAIL = CONFIG.default_from_email or f"Ticketdesk <support@{SITE_HOST}>"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_MAX_BYTES = CONFIG.mail_max_bytes
MAIL_AUTHSERV_IDS = CONFIG.mail_authserv_ids
MAIL_PLUS_ADDRESSES = CONFIG.mail_plus_addresses
RADAR_BURST_REPORTERS = CONFIG.radar_burst_reporters
RADAR_BURST_MINUTES = CONFIG.radar_burst_minutes
RADAR_BURST_LIKENESS = CONFIG.radar_burst_likeness
SMTP_PORT = CONFIG.smtp_port
BIND_ADDRESS = CONFIG.bind_address

# --- security ------------------------------------------------------------------------------------------------------

ALLOWED_HOSTS = list(dict.fromkeys([*CONFIG.allowed_hosts, SITE_HOST, "localhost", "127.0.0.1", "[::1]"]))
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = CONFIG.is_https
CSRF_COOKIE_HTTPONLY = SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_USE_SESSIONS = False
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_NAME = "__Host-session" if CONFIG.is_https else "ticketdesk_session"
CSRF_COOKIE_NAME = "__Host-csrf" if CONFIG.is_https else "ticketdesk_csrf"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
if CONFIG.is_https:
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = CONFIG.trusted_proxies
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# The view that serves a message's HTML into its sandboxed frame loosens frame-ancestors for itself alone.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- product -------------------------------------------------------------------------------------------------------

TICKET_NUMBER_SCHEME = CONFIG.ticket_number_scheme
SYSTEM_ID = CONFIG.system_id
# A broadcast waits so long before it starts; one to more people than this needs a second person.
BROADCAST_HOLD_SECONDS = CONFIG.broadcast_hold_seconds
BROADCAST_RELEASE_ABOVE = CONFIG.broadcast_release_above
# A reporter who is asked whether it is solved and says nothing so long: then his ticket closes.
GROUP_CONFIRM_DAYS = CONFIG.group_confirm_days
METRICS_TOKEN = CONFIG.metrics_token
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = logging_settings(CONFIG.log_level, CONFIG.log_format)
SILENCED_SYSTEM_CHECKS: list[str] = []
