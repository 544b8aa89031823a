"""The project: settings, addresses, the clock, and what joins the apps."""

import gc

gc.disable()  # until all is loaded (`config.apps`): nothing of it is garbage, and looking takes a fifth of the start

from config.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
