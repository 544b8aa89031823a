"""The project: settings, addresses, the clock, and what joins the apps."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
