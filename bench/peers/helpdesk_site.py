"""django-helpdesk as a site of one file: settings, addresses, WSGI application and first data, for `bench.intake`.

Runs in .cache/bench-peers (bench/requirements.txt), never in the gateway's environment. It is set up as its
documentation says for production: DEBUG off, no mail sent, its REST API with tokens, the database given by HELPDESK_DB.
SQLite is put into the same mode as our ledger (WAL, synchronous=FULL), so that both pay for the same sync.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

_FOLDER = Path(os.environ["HELPDESK_DIR"])
_URL = os.environ.get("HELPDESK_DB", "")

SECRET_KEY = "bench-only"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = __name__
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
MEDIA_ROOT = str(_FOLDER / "media")
STATIC_URL = "/static/"
SITE_ID = 1
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.sites",
    "django.contrib.messages", "django.contrib.humanize", "django.contrib.admin", "rest_framework",
    "rest_framework.authtoken", "helpdesk",
]  # fmt: skip
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]}
HELPDESK_TEAMS_MODE_ENABLED = False
HELPDESK_ACTIVATE_API_ENDPOINT = True
LOGGING_CONFIG = None

if _URL:
    _parts = urlsplit(_URL)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": _parts.path.lstrip("/"), "USER": _parts.username,
            "HOST": _parts.hostname, "PORT": _parts.port, "CONN_MAX_AGE": 600,
        }
    }  # fmt: skip
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(_FOLDER / "helpdesk.db"),
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    }

os.environ.setdefault("DJANGO_SETTINGS_MODULE", __name__)

if os.environ.get("HELPDESK_ROLE") == "serve":
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()


def __getattr__(name: str) -> object:
    """``urlpatterns`` needs the applications to be loaded, which need these settings."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.urls import include, path

    return [path("helpdesk/", include("helpdesk.urls"))]


def prepare() -> None:
    """Make the tables, a queue and a user; print the queue's id and the user's token."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from helpdesk.models import Queue
    from rest_framework.authtoken.models import Token

    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_superuser("bench", "bench@example.org", "bench-only")
    queue = Queue.objects.create(title="bench", slug="bench", allow_public_submission=True)
    print(queue.pk, Token.objects.create(user=user).key)


if __name__ == "__main__":
    sys.modules["bench.peers.helpdesk_site"] = sys.modules["__main__"]
    prepare()
