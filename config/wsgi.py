"""The web process: `gunicorn config.wsgi`."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.valkey import ensure_embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

ensure_embedded()
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018  # imported now, not while the first request waits
gc.freeze()  # that, too (`config.apps`)
