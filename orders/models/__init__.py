"""Orders as Miva gave them, their place in the sequence that Stone Edge reads, and the long work on them."""

from orders.models.arrivals import OrderHint, ReceivedPage
from orders.models.exact import ExactDecoder, ExactEncoder
from orders.models.jobs import Backfill, Job, Reconciliation
from orders.models.orders import Download, ExportSequence, Order
from orders.models.payments import PaymentMapping, UnmappedPayment

__all__ = [
    "Backfill",
    "Download",
    "ExactDecoder",
    "ExactEncoder",
    "ExportSequence",
    "Job",
    "Order",
    "OrderHint",
    "PaymentMapping",
    "ReceivedPage",
    "Reconciliation",
    "UnmappedPayment",
]
