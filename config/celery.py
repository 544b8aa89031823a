"""The Celery app and the whole clock, on one page.

celery -A config worker        celery -A config beat
"""

import logging
import logging.config
import os
import time
from contextlib import suppress
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import (
    beat_init,
    heartbeat_sent,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
    worker_ready,
)
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from config.valkey import ensure_embedded
from stores.context import NOBODY, Actor, actor, request_id

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

HEARTBEAT = "heartbeat"  # in the cache: when a worker last heard beat
WORKER = "worker-heartbeat"  # in the cache: when a worker last gave a sign of life

app = Celery("connect2cart")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["stores", "orders", "fulfillment", "inventory", "config"])

app.conf.beat_schedule = {
    # Each tick is worth nothing after the next one has come: `expires` keeps a pile-up from running.
    "due-stores": {"task": "orders.tasks.due_stores", "schedule": 60.0, "options": {"expires": 55}},
    "sweep-hints": {"task": "orders.tasks.sweep_hints", "schedule": 10.0, "options": {"expires": 9}},
    "sweep-deliveries": {
        "task": "stores.tasks.sweep_deliveries",
        "schedule": 10.0,
        "options": {"expires": 9},
    },
    "sweep-stock": {"task": "inventory.tasks.sweep_stock", "schedule": 10.0, "options": {"expires": 9}},
    "sweep-shipments": {
        "task": "fulfillment.tasks.sweep_shipments",
        "schedule": 10.0,
        "options": {"expires": 9},
    },
    "due-backfills": {"task": "orders.tasks.due_backfills", "schedule": 60.0, "options": {"expires": 55}},
    "due-reconciliations": {
        "task": "orders.tasks.due_reconciliations",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "due-field-discoveries": {
        "task": "orders.tasks.due_field_discoveries",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "due-enquiries": {"task": "orders.tasks.due_enquiries", "schedule": 20.0, "options": {"expires": 19}},
    "due-rejudgements": {
        "task": "orders.tasks.due_rejudgements",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "due-refreshes": {"task": "inventory.tasks.due_refreshes", "schedule": 60.0, "options": {"expires": 55}},
    "due-stock-comparisons": {
        "task": "inventory.tasks.due_stock_comparisons",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "retry-held": {"task": "orders.tasks.retry_held", "schedule": 600.0, "options": {"expires": 550}},
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 20.0, "options": {"expires": 60}},
    "record-services": {
        "task": "config.tasks.record_services",
        "schedule": 300.0,
        "options": {"expires": 280},
    },
    "watch-services": {
        "task": "config.tasks.watch_services",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "send-letters": {"task": "stores.tasks.send_letters", "schedule": 10.0, "options": {"expires": 9}},
    "send-notices": {"task": "config.tasks.send_notices", "schedule": 10.0, "options": {"expires": 9}},
    "prune-alerts": {"task": "config.tasks.prune_alerts", "schedule": crontab(hour="4", minute="47")},
    "prune-history": {"task": "config.tasks.prune_history", "schedule": crontab(hour="4", minute="37")},
    "prune-exchanges": {"task": "stores.tasks.prune_exchanges", "schedule": crontab(hour="3", minute="17")},
    "prune-deliveries": {"task": "stores.tasks.prune_deliveries", "schedule": crontab(hour="4", minute="57")},
    "prune-sessions": {"task": "stores.tasks.prune_sessions", "schedule": crontab(hour="4", minute="27")},
    "prune-idempotency-keys": {
        "task": "stores.tasks.prune_idempotency_keys",
        "schedule": crontab(minute="47"),
    },
    "prune-updates": {
        "task": "fulfillment.tasks.prune_updates",
        "schedule": crontab(hour="3", minute="27"),
    },
    "prune-catalogue": {
        "task": "inventory.tasks.prune_catalogue",
        "schedule": crontab(hour="3", minute="57"),
    },
    "prune-stock": {"task": "inventory.tasks.prune_stock", "schedule": crontab(hour="4", minute="7")},
    "prune-documents": {"task": "orders.tasks.prune_documents", "schedule": crontab(hour="4", minute="17")},
    "prune-enquiries": {"task": "orders.tasks.prune_enquiries", "schedule": crontab(hour="3", minute="47")},
    "prune-reconciliations": {
        "task": "orders.tasks.prune_reconciliations",
        "schedule": crontab(hour="3", minute="37"),
    },
}


@setup_logging.connect
def use_django_logging(**_: Any) -> None:
    """Keep Celery from installing its own text log: the settings have ours."""
    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
@beat_init.connect
def broker_is_there(**_: Any) -> None:
    """Start the embedded Valkey when REDIS_URL names no other."""
    ensure_embedded()


@heartbeat_sent.connect
def worker_lives(**_: Any) -> None:
    """Note that a worker lives, also while beat is silent."""
    with suppress(RedisError, OSError):
        cache.set(WORKER, time.time(), None)


@task_prerun.connect
def begin(task_id: str, task: Any, **_: Any) -> None:
    """Log lines of a task carry its id; what it does, the clock has done."""
    request_id.set(task_id)
    actor.set(Actor("clock", task.name))


@task_postrun.connect
def end(**_: Any) -> None:
    """Log lines between tasks carry none."""
    request_id.set("")
    actor.set(NOBODY)


@worker_ready.connect
def first_tick(**_: Any) -> None:
    """Look for due stores as soon as a worker is there, instead of up to a minute later. Before that the services are looked at:
    on a new portal, what is done from here on counts."""
    app.send_task("config.tasks.record_services")
    app.send_task("orders.tasks.due_stores")
    app.send_task("config.tasks.heartbeat")
