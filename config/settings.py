"""All settings, from the environment alone. The README's table lists every variable."""

from pathlib import Path
from typing import Any

from django.urls import reverse_lazy

from config.env import BASE_DIR, VAR_DIR, env, flag, public_url, secret, text, words
from config.valkey import socket_for

DEBUG = flag("DEBUG")
SECRET_KEY = secret(
    "SECRET_KEY",
    debug=DEBUG,
    development="development-only-key-that-protects-nothing-and-is-long-enough-to-pass",
)
FERNET_KEYS = [
    key.strip()
    for key in secret("FERNET_KEYS", debug=DEBUG, development="development-only-fernet-key").split(",")
    if key.strip()
]
PUBLIC_URL = public_url("PUBLIC_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")
BEHIND_PROXY = flag("BEHIND_PROXY")
REQUIRE_SECOND_FACTOR = flag("REQUIRE_SECOND_FACTOR")
ALLOW_PRIVATE_STORE_HOSTS = flag("ALLOW_PRIVATE_STORE_HOSTS")
ALLOW_HTTP_STORES = DEBUG  # as the process was started

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.import_export",
    "config.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_otp",
    "django_htmx",
    "import_export",
    "stores",
    "orders",
    "fulfillment",
    "inventory",
    "config",
]

MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "config.middleware.ProtocolErrorMiddleware",
    "config.middleware.ProxyMiddleware",
    "config.middleware.HarmlessAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "config.middleware.ActorMiddleware",
    "config.sign_in.SecondFactorMiddleware",
    "config.middleware.ViewingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
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

# Data ---------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": env.db_url_config(text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'connect2cart.sqlite3'}"))
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a writer waits for its turn instead of failing half-way
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español")]  # of the merchants' pages
LOCALE_PATHS = [BASE_DIR / "locale"]

# Valkey or Redis: broker and cache ----------------------------------------------------------------------------
VALKEY_SOCKET: Path = socket_for(VAR_DIR)
REDIS_URL = text("REDIS_URL", f"unix://{VALKEY_SOCKET}")
EMBEDDED_VALKEY = f"unix://{VALKEY_SOCKET}" == REDIS_URL
# A silent one must not hold up a desktop or a webhook: seconds after which cache and broker count as away.
REDIS_TIMEOUT = env.float("REDIS_TIMEOUT", 0.3)
CACHES = {
    "default": {
        "BACKEND": "stores.shared_cache.PromptRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "c2c",
        "OPTIONS": {"socket_timeout": REDIS_TIMEOUT, "socket_connect_timeout": REDIS_TIMEOUT},
    }
}

# Web ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # static files are served from the packages; no collectstatic step to forget
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024  # SETI's own limit of 10 MB answers first, in its own words
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
LOGIN_URL = "/status/sign-in/"  # good for everybody; the admin has its own
LOGIN_REDIRECT_URL = "/"  # after a login that came from nowhere else
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Of the merchants' pages, which load nothing from anywhere else and hold no script of their own.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SESSION_COOKIE_AGE = 12 * 60 * 60  # a working day: whoever comes back tomorrow logs in again
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^seti/?$", r"^hooks/", r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
X_FRAME_OPTIONS = "DENY"
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

EMAIL_CONFIG = env.email_url_config(text("EMAIL_URL", "consolemail://"))
vars().update(EMAIL_CONFIG)
if backend := text("EMAIL_BACKEND", ""):  # of a mail service, e.g. anymail.backends.postmark.EmailBackend
    EMAIL_BACKEND = backend
ANYMAIL: dict[str, Any] = env.json("ANYMAIL", default={})
if backend.startswith("anymail."):
    INSTALLED_APPS.append("anymail")
EMAIL_TIMEOUT = 20  # seconds for each step; a notice's lease is longer than all of them
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "connect2cart <support@localhost>")


REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {"seti": "100/s"},
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
}
API_REQUESTS_PER_MINUTE = 3000  # of one token
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "connect2cart",
    "DESCRIPTION": "Orders, shipments and stock between Miva and Stone Edge, in JSON. "
    "docs/api.md tells how to get a token and what holds for all addresses.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "stores.rest.schema.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "OrderStateEnum": "orders.models.Order.State",
        "BackfillStateEnum": "orders.models.Job.State",
        "BackfillKindEnum": "orders.models.Backfill.Kind",
        "HealthStateEnum": "stores.health.State",
        "ShipmentKindEnum": "fulfillment.models.Shipment.Kind",
        "ShipmentStateEnum": "fulfillment.api.shipments.STATES",
        "StockKindEnum": "inventory.models.StockChange.Kind",
        "StockOutcomeEnum": "inventory.models.StockChange.Outcome",
        "ExchangeOutcomeEnum": "stores.models.Exchange.Outcome",
    },
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "defaultModelsExpandDepth": -1, "filter": True},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

IMPORT_EXPORT_ESCAPE_ILLEGAL_CHARS_ON_EXPORT = True  # signs that no workbook takes do not cost the whole file

# Stone Edge -----------------------------------------------------------------------------------------------------
# Answered to sendversion, which names no store; Stone Edge's GenericScriptVersionNumber (SETI reference §2.1, §6 row 1).
SETI_VERSION = text("SETI_VERSION", "1.000")

# Celery: JSON only, the row is the queue, the broker only knocks (architecture, decision 1) ---------------------
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_timeout": 30,
    "health_check_interval": 30,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "config.logs.ContextFilter"}},
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["context"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "httpx": {"level": "WARNING"},  # its INFO lines name every address that is called
        "httpcore": {"level": "WARNING"},
    },
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "connect2cart",
    "SITE_HEADER": "connect2cart",
    "SITE_SUBHEADER": "Miva to Stone Edge",
    "SITE_SYMBOL": "sync_alt",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}stores/favicon.svg"}],
    "SITE_URL": "/admin/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [f"{STATIC_URL}stores/support.css"],
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
            {"title": "Second factor", "link": reverse_lazy("second-factor-set-up")},
            {"title": "Sessions", "link": reverse_lazy("sign-ins")},
        ]
    },
    "DASHBOARD_CALLBACK": "config.dashboard.dashboard",
    "SCRIPTS": [f"{STATIC_URL}stores/zone.js", f"{STATIC_URL}stores/labels.js"],
    "SIDEBAR": {
        "navigation": "config.console.navigation",
        "show_search": True,
        "command_search": True,
    },
}
