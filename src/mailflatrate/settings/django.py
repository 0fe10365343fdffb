"""Django's settings, all derived from the schema. Nothing here reads the environment itself."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from mailflatrate.kinds import extensions
from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.texts import languages
from mailflatrate.rules.limits import tighten
from mailflatrate.rules.stricter_limits import read_tighter
from mailflatrate.settings.links import ProcessPurpose, purpose
from mailflatrate.settings.roles import app_url, knows_owner, owner_url, uses_pooler
from mailflatrate.settings.schema import load_settings
from mailflatrate.settings.secrets import load_secrets

SETTINGS = load_settings()
tighten(read_tighter(SETTINGS.tighter_limits))  # before any rule is imported: the rules' version covers them
PACKAGE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = load_secrets().secret_key
DEBUG = SETTINGS.debug
ALLOWED_HOSTS = SETTINGS.host_names
ROOT_URLCONF = "mailflatrate.entrypoints.urls"
WSGI_APPLICATION = None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
SITE_ID = None
CSRF_TRUSTED_ORIGINS = [SETTINGS.public_url]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "django_vite",
    "mailflatrate.base.audit",
    "mailflatrate.base.outbox",
    "mailflatrate.base.processes",
    "mailflatrate.base.storage",
    "mailflatrate.apps.accounts",
    "mailflatrate.apps.domains",
    "mailflatrate.apps.suppression",
    "mailflatrate.apps.consent",
    "mailflatrate.apps.lists",
    "mailflatrate.apps.segments",
    "mailflatrate.apps.intake",
    "mailflatrate.apps.campaigns",
    "mailflatrate.apps.events",
    "mailflatrate.apps.forms",
    "mailflatrate.apps.transactional",
    "mailflatrate.apps.gate",
    "mailflatrate.apps.delivery",
    "mailflatrate.apps.inbound",
    "mailflatrate.apps.tracking",
    "mailflatrate.apps.automations",
    "mailflatrate.apps.abuse",
    "mailflatrate.apps.privacy",
    "mailflatrate.apps.stats",
    "mailflatrate.entrypoints.ui",
    "mailflatrate.entrypoints.web",
    *extensions(),
]

MIDDLEWARE = [
    "mailflatrate.entrypoints.request_ids.RequestIdMiddleware",
    "mailflatrate.entrypoints.web.middleware.TraceMiddleware",
    "mailflatrate.entrypoints.public.media_hosts.MediaHostMiddleware",
    "mailflatrate.entrypoints.web.middleware.MachineAddressMiddleware",
    "mailflatrate.entrypoints.web.unknown_proxy.UnknownProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "mailflatrate.entrypoints.sign_in.devices.BrowserMiddleware",
    "mailflatrate.entrypoints.web.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "mailflatrate.entrypoints.web.middleware.ContentSecurityMiddleware",
    "mailflatrate.entrypoints.web.middleware.NoStoreMiddleware",
    "mailflatrate.entrypoints.web.middleware.ChildBudgetMiddleware",
]

OUR_TAGS = ("controls", "icons", "setup_guide")
TEMPLATE_LOADERS: list[Any] = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE_DIR / "entrypoints" / "ui" / "templates"],
        "OPTIONS": {
            "loaders": TEMPLATE_LOADERS if DEBUG else [("django.template.loaders.cached.Loader", TEMPLATE_LOADERS)],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.contrib.humanize.templatetags.humanize",
                *(f"django.templatetags.{name}" for name in ("i18n", "tz")),
                *(f"mailflatrate.entrypoints.ui.templatetags.{name}" for name in OUR_TAGS),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mailflatrate.entrypoints.ui.context.frame",
            ],
        },
    }
]


def _database(conninfo: str) -> dict[str, Any]:
    options = conninfo_to_dict(conninfo)
    named = {name: str(options.pop(key, "")) for name, key in _CONNECTION_NAMES.items()}
    return {
        "ENGINE": "mailflatrate.base.job_database.pages",
        **named,
        "CONN_MAX_AGE": 600,  # a new connection makes its first pages slow: the server reads its catalogs again
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def _default() -> dict[str, Any]:
    """Threads of workers and senders share a few (ADR 0033), and pages may connect through a pooler (ADR 0044)."""
    database = _database(app_url(SETTINGS))
    if uses_pooler(SETTINGS):  # a cursor on the server would outlive its transaction
        return database | {"ENGINE": "mailflatrate.base.job_database.pooled", "DISABLE_SERVER_SIDE_CURSORS": True}
    shared = {ProcessPurpose.JOBS: SETTINGS.worker_database_connections, ProcessPurpose.SENDING: 1}.get(purpose())
    if shared is None:
        return database
    options = {"slots": shared, "slot_wait_seconds": SETTINGS.database_job_seconds}
    return database | {
        "ENGINE": "mailflatrate.base.job_database",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,  # done when a connection is taken
        "OPTIONS": database["OPTIONS"] | options,
    }


_CONNECTION_NAMES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
DATABASES = {"default": _default()}
if knows_owner(SETTINGS):
    DATABASES["owner"] = _database(owner_url(SETTINGS))
DATABASE_ROUTERS: list[str] = []
CACHES = {"default": {"BACKEND": "mailflatrate.apps.accounts.shared_cache.SharedCache"}}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = "mailflatrate.base.job_connector.install"
SESSION_ENGINE = "mailflatrate.apps.accounts.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
if not SETTINGS.is_local:  # browsers drop such cookies over plain HTTP, which people use to try the service
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 31_536_000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # three variants of 200 kB and their text parts, all escaped
FILE_UPLOAD_TEMP_DIR = None

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_VERIFICATION = "none"  # the one address of a user is proved before it counts (web/sign_in/address)
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_ADAPTER = "mailflatrate.entrypoints.web.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "mailflatrate.entrypoints.web.adapter.LoginForm",
    "reset_password": "mailflatrate.entrypoints.web.adapter.ResetPasswordForm",
}
# web/sign_in/attempt_limits.py has the password's own limits; what is left of these two counts wrong second factors
# by user.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/5m/key", "prove_mailbox": "5/h/user"}
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/studio/"
MFA_ADAPTER = "mailflatrate.entrypoints.sign_in.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "mailflatrate.entrypoints.sign_in.second_factor.AuthenticateForm",
    "reauthenticate": "mailflatrate.entrypoints.sign_in.second_factor.ReauthenticateForm",
}
MFA_TOTP_ISSUER = SETTINGS.service_name
MFA_TOTP_TOLERANCE = 1  # a step of 30 s, for clocks that differ and people who type slowly (RFC 6238 section 5.2)
EMAIL_BACKEND = "mailflatrate.apps.accounts.mail_backend.NoticeBackend"
DEFAULT_FROM_EMAIL = f"{SETTINGS.service_name} <service@{SETTINGS.service_domain}>"

LANGUAGE_CODE = "en"
LANGUAGES = [(code, _(formats_of(code).name)) for code in languages()]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
FORMAT_MODULE_PATH = "mailflatrate.locale"
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = PACKAGE_DIR / "static"  # the front end is built into it; there is nothing to collect
WHITENOISE_MAX_AGE = 31_536_000
WHITENOISE_USE_FINDERS = True  # scripts of allauth, without which no key and no passkey works
DJANGO_VITE = {
    "default": {
        "dev_mode": DEBUG and SETTINGS.vite_port > 0,
        "dev_server_port": SETTINGS.vite_port,
        "static_url_prefix": "dist",
        "manifest_path": PACKAGE_DIR / "static" / "dist" / "manifest.json",
    }
}
SILENCED_SYSTEM_CHECKS = [
    "models.W042",
    "fields.W344",
]
LOGGING_CONFIG = None
