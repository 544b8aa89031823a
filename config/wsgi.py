"""The web process: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from config.valkey import ensure_embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

ensure_embedded()
application = get_wsgi_application()
