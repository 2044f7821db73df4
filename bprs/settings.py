"""
Settings, from the environment and `.env`. docs/operations.md lists every variable.

Local is the default: SQLite and files under `var/`, plain HTTP on 127.0.0.1. `BPRS_DEPLOYMENT=production` turns
on what a production site must have, and bprs.checks refuses to start without it.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from bprs.environment import Environment
from bprs.private_keys import read_or_create

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
env.read_env(BASE_DIR / ".env")

DEPLOYMENT = env.str("BPRS_DEPLOYMENT", default="local")
IS_PRODUCTION = DEPLOYMENT == "production"
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("BPRS_DATA_DIR", default=str(BASE_DIR / "var")))
SECRET_KEY = env.str("SECRET_KEY", default="") or read_or_create(DATA_DIR / "secret_key")
# The first encrypts, all decrypt; the index key makes NIKs searchable and may never change.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[]) or [
    read_or_create(DATA_DIR / "field_encryption_key")
]
FIELD_INDEX_KEY = env.str("FIELD_INDEX_KEY", default="") or read_or_create(DATA_DIR / "field_index_key")
# The first signs the seals of scoring runs, all verify.
SEAL_KEYS = env.list("SEAL_KEYS", default=[]) or [read_or_create(DATA_DIR / "seal_key")]
# Whose paper it is: decision sheets and letters to customers carry it.
BANK_NAME = env.str("BANK_NAME", default="" if IS_PRODUCTION else "BPRS Contoh Amanah")
BANK_ADDRESS = env.str("BANK_ADDRESS", default="")
BANK_CONTACT = env.str("BANK_CONTACT", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "bprs.admin_app.PagesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "import_export",
    "simple_history",
    "axes",
    "django_q",
    "ninja",
    "bprs",
    "bprs.access",
    "bprs.lists",
    "bprs.files",
    "bprs.webhooks",
    "bprs.jobs",
    "bprs.importing",
    "customers",
    "loans",
    "scoring",
]

MIDDLEWARE = [
    "bprs.http.middleware.RequestIdMiddleware",
    "bprs.http.middleware.SecurityHeadersMiddleware",
    "bprs.http.middleware.ApiProblemMiddleware",
    "bprs.http.middleware.SaneAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "bprs.languages.IndonesianFirst",
    "bprs.http.middleware.HostsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "bprs.access.sessions.SessionLimitsMiddleware",
    "bprs.access.second_step_gate.SecondStepMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "bprs.access.repeated_calls.RepeatedCallsMiddleware",
]

ROOT_URLCONF = "bprs.urls"
WSGI_APPLICATION = "bprs.wsgi.application"
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

DATABASES = {"default": env.database("DATABASE_URL", default=f"sqlite:///{quote(str(DATA_DIR))}/bprs.sqlite3")}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "bprs.sqlite3"
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a writer waits for its turn instead of failing half-way
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",  # NORMAL can lose a commit on power loss
    }
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    # Each thread that carries requests out keeps one: see bprs.turns.
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        "server_side_binding": True,  # without it nothing can be prepared
        "connect_timeout": 3,
        "tcp_user_timeout": 10_000,  # milliseconds: a server whose machine is gone is given up
    }
PREPARED_STATEMENTS = env.bool("PREPARED_STATEMENTS", default=True)  # on PostgreSQL; a pooler may not keep them
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "bprs.access.passwords.AnotherPassword"},
]
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", default=False)
NINJA_NUM_PROXIES = env.int("NINJA_NUM_PROXIES", default=int(BEHIND_TLS_PROXY))  # for logins, too
REQUIRE_TOTP = env.bool("REQUIRE_TOTP", default=IS_PRODUCTION)
LOGIN_TRIES = AXES_FAILURE_LIMIT = env.int("LOGIN_TRIES", default=5)
LOGIN_LOCK_MINUTES = env.int("LOGIN_LOCK_MINUTES", default=15)
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCK_MINUTES)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # nested is both: a branch behind one address stays open
AXES_CLIENT_IP_CALLABLE = "bprs.access.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "bprs.access.lockout.answer_locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # who keeps trying is not locked out for ever
AXES_DISABLE_ACCESS_LOG = True  # a row for every login that nothing ever removes
AXES_SENSITIVE_PARAMETERS: list[str] = []  # the log says who was locked out, and from where; never the password
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

LANGUAGE_CODE = "id"
LANGUAGES = [("id", _("Indonesian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale_third_party"]
FORMAT_MODULE_PATH = ["bprs.formats"]
TIME_ZONE = "Asia/Jakarta"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", default=str(DATA_DIR / "static"))
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(DATA_DIR / "files"))
FILE_STORAGE, FILE_STORAGE_OPTIONS = env.str("FILE_STORAGE", default=""), env.options("FILE_STORAGE_OPTIONS")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": FILE_STORAGE or "bprs.synced_storage.SyncedFiles",
        "OPTIONS": FILE_STORAGE_OPTIONS if FILE_STORAGE else {},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # "select all" on a long list page posts one field a row
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=25 * 1024 * 1024)
SHEET_MAX_INFLATED_BYTES = env.int("SHEET_MAX_INFLATED_BYTES", default=500 * 1024 * 1024)
SHEET_MAX_RATIO = env.int("SHEET_MAX_RATIO", default=200)
SHEET_MAX_ROWS = env.int("SHEET_MAX_ROWS", default=1_048_576)
SHEET_MAX_COLUMNS = env.int("SHEET_MAX_COLUMNS", default=64)
SHEET_MAX_CELL_CHARS = env.int("SHEET_MAX_CELL_CHARS", default=2_000)
SHEET_MAX_CELLS = env.int("SHEET_MAX_CELLS", default=16_000_000)  # between the outermost cells of a sheet
SHEET_MAX_SECONDS = env.int("SHEET_MAX_SECONDS", default=60)  # of reading one workbook
SHEET_MAX_MEMORY = env.int("SHEET_MAX_MEMORY", default=2 * 1024**3)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
BULK_ROWS_ANSWERED_AT_ONCE = env.int("BULK_ROWS_ANSWERED_AT_ONCE", default=100_000)
WORKBOOK_ROWS_AT_ONCE = env.int("WORKBOOK_ROWS_AT_ONCE", default=20_000)  # a workbook of results; above that a job
SCORE_LOANS_AT_ONCE = env.int("SCORE_LOANS_AT_ONCE", default=10_000)  # stored financing; above that a job
SIMULATE_LOANS_AT_ONCE = env.int("SIMULATE_LOANS_AT_ONCE", default=10_000)  # above that a job
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=200_000)  # what one import may hold in memory
IMPORT_ROWS_AT_ONCE = env.int("IMPORT_ROWS_AT_ONCE", default=5_000)  # within the request; larger files are jobs
IMPORT_PART_ROWS = env.int("IMPORT_PART_ROWS", default=10_000)  # written in one transaction
EXPORT_MAX_ROWS = env.int("EXPORT_MAX_ROWS", default=200_000)  # of a list, within the request
IMPORT_SHEETS = {
    "applications": "loans.resources.ApplicationResource",
    "loans": "loans.resources.LoanResource",
    "customers": "customers.resources.CustomerResource",
}
IMPORT_FOLLOW_UP = "scoring.services.score_import.ScoreImport"
IMPORT_FOLLOW_UP_PERMISSION = "scoring.score_loan"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SESSION_HOURS = env.int("SESSION_HOURS", default=12)  # from the login, whatever happens
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=30)
SESSION_COOKIE_AGE = SESSION_HOURS * 60 * 60
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=IS_PRODUCTION)
HEALTH = r"^api/v1/health(/|$)"
SECURE_REDIRECT_EXEMPT = [HEALTH]  # a load balancer takes a redirect for health, whatever the database does
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
X_FRAME_OPTIONS = "DENY"

API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", default=30_000)  # of a user's programs, on all machines
REQUESTS_AT_ONCE = env.int("REQUESTS_AT_ONCE", default=1)  # in a process; the others wait their turn
REQUEST_WAIT_SECONDS = env.int("REQUEST_WAIT_SECONDS", default=10)  # then they are told that the site is busy
API_TOKEN_HOURS = env.int("API_TOKEN_HOURS", default=8)
NINJA_PAGINATION_MAX_LIMIT = 1000
NINJA_PAGINATION_PER_PAGE = 50

IMPORT_EXPORT_USE_TRANSACTIONS = True

# The broker of bprs.jobs.worker. timeout < retry, always, for who runs a cluster of q2's own beside it.
Q_CLUSTER = {
    "name": "bprs",
    "orm": "default",
    "workers": env.int("WORKERS", default=2),
    "timeout": 3600,
    "retry": 3700,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "poll": 0.5,
    "label": "Django Q",
}
KEEP_UNUSED_FILES_DAYS = env.int("KEEP_UNUSED_FILES_DAYS", default=7)
# In this order: what an import that was never run referred to is unused then.
TIDIERS = {
    "drafts": "bprs.importing.tidying.remove_drafts",
    "uploads": "bprs.files.tidying.remove_unused_uploads",
    "results": "scoring.services.tidying.remove_stray_results",
    "repeated calls": "bprs.access.idempotency.remove_old_keys",
    "messages": "bprs.webhooks.tidying.remove_old_messages",
}
KEEP_WEBHOOK_LOG_DAYS = env.int("KEEP_WEBHOOK_LOG_DAYS", default=30)
KEEP_DAYS = {"messages": KEEP_WEBHOOK_LOG_DAYS}  # of what is not kept for KEEP_UNUSED_FILES_DAYS
# For trying webhooks out: they may go to this machine and network, and over plain http. Never in production.
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", default=False) and not IS_PRODUCTION
# What a worker does every few seconds, between jobs: called with the time, and back within seconds.
ERRANDS = ["bprs.webhooks.delivery.deliver_due"]
# What a worker does once a minute while no job waits: called with the time.
CHORES = [
    "scoring.services.sealing.seal_new",
    "scoring.services.shadow.shadow_new",
    "scoring.services.overview.refresh_when_old",
    "scoring.services.announcements.announce_activations",
    "bprs.jobs.tidying.tidy_daily",  # last: it asks the storage, which may be away
]
OVERVIEW_MINUTES = env.int("OVERVIEW_MINUTES", default=10)  # how old the overview's figures become
# What a backup holds besides the database: each gives names in the default storage and the SHA-256 its rows say.
BACKUP_FILES = ["bprs.files.selectors.kept_uploads", "scoring.services.tidying.kept_results"]
BACKUP_SEAL = "scoring.services.anchors.export_head"  # what proves later that nothing was cut off
PG_BIN = env.str("PG_BIN", default="")  # where pg_dump and pg_restore are, if not on PATH
JOB_HANDLERS = {
    "score_file": "scoring.tasks.ScoreFileWork",
    "score_loans": "scoring.tasks.ScoreLoansWork",
    "simulate": "scoring.tasks.SimulateWork",
    "write_workbook": "scoring.tasks.WriteWorkbookWork",
    "check_import": "bprs.importing.works.CheckImport",
    "run_import": "bprs.importing.works.RunImport",
    "undo_import": "bprs.importing.works.UndoImport",
    "write_rejected": "bprs.importing.works.WriteRejected",
}

LOG_REQUESTS = env.bool("LOG_REQUESTS", default=IS_PRODUCTION)  # a line for each
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"belonging": {"()": "bprs.logs.Belonging"}},
    "formatters": {
        "plain": {
            "()": "bprs.logs.PlainFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(about)s %(message)s",
        },
        "json": {"()": "bprs.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["belonging"],
            "formatter": env.one_of("LOG_FORMAT", ("plain", "json"), default="json" if IS_PRODUCTION else "plain"),
        }
    },
    "root": {"handlers": ["console"], "level": env.one_of("LOG_LEVEL", LOG_LEVELS, default="INFO")},
    "loggers": {
        "django-q": {"level": "WARNING"},  # it tells of every process it starts and stops
        "axes": {"level": "WARNING"},  # lockouts and failures; not every login
        "django.request": {"level": "ERROR"},  # refusals are answers, not news for the operator
        "bprs.requests": {"level": "INFO" if LOG_REQUESTS else "WARNING"},
    },
}

UNFOLD = {
    "SITE_TITLE": "BPRS Scoring",
    "SITE_HEADER": "BPRS Scoring",
    "SITE_SUBHEADER": _("Sharia financing, scored openly"),
    "SITE_SYMBOL": "balance",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("bprs/favicon.svg")}],
    "LOGIN": {"form": "bprs.access.login_form.LoginForm"},
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
            {"title": _("Login security"), "link": reverse_lazy("login_security")},
        ]
    },
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda _request: static("bprs/app.css")],
    "SCRIPTS": [
        lambda _request: static("bprs/app.js"),
        lambda _request: static("bprs/follow.js"),
        lambda _request: static("bprs/lists.js"),
        lambda _request: static("bprs/find.js"),
    ],
    "DASHBOARD_CALLBACK": "scoring.admin.home.home",
    "SIDEBAR": {"navigation": "bprs.admin_menu.navigation"},
    "TABS": "bprs.admin_menu.tabs",
    # A dark teal: white text on 600 and its own text on white both read at 4.5 to 1 or better.
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.7)",
            "100": "oklch(95.3% .051 180.8)",
            "200": "oklch(91% .096 180.4)",
            "300": "oklch(85.5% .138 181.1)",
            "400": "oklch(77.7% .152 181.9)",
            "500": "oklch(66% .128 183.5)",
            "600": "oklch(49.5% .092 186.6)",
            "700": "oklch(43.7% .078 188.2)",
            "800": "oklch(38.6% .063 188.4)",
            "900": "oklch(33% .054 190)",
            "950": "oklch(27.7% .046 192.5)",
        },
    },
}
