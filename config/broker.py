"""How many messages wait in the broker, asked so that no page waits for one that is away."""

from typing import Any

from celery import current_app
from kombu.exceptions import ChannelError, OperationalError

from stores.circuit import circuit_to
from stores.nudges import prompt_connection


def messages() -> int | None:
    """Return how many messages wait for a worker, whatever their priority; None when the broker does not answer in time."""
    circuit = circuit_to(f"length of {current_app.conf.broker_url}")
    if not circuit.may_try():
        return None
    try:
        with prompt_connection(current_app) as connection:
            channel: Any = connection.default_channel
            told = channel.queue_declare(current_app.conf.task_default_queue, passive=True).message_count
    except OperationalError:
        circuit.failed()
        return None
    except ChannelError:  # an empty queue is no queue in Redis
        told = 0
    circuit.works()
    return int(told)
