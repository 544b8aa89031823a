"""Orders as Miva gave them, their place in the sequence that Stone Edge reads, and the long work on them."""

from orders.models.arrivals import OrderHint, ReceivedPage
from orders.models.enquiries import Enquiry
from orders.models.exact import ExactDecoder, ExactEncoder
from orders.models.jobs import Backfill, FieldDiscovery, Job, Reconciliation
from orders.models.orders import Acknowledgement, Download, DownloadDocument, ExportSequence, Order, Resend
from orders.models.payments import PaymentMapping, UnmappedPayment
from orders.models.rejudging import Rejudgement
from orders.models.steps import OrderStep
from orders.models.translation import CustomField, CustomFieldMapping, TranslationSettings

__all__ = [
    "Acknowledgement",
    "Backfill",
    "CustomField",
    "CustomFieldMapping",
    "Download",
    "DownloadDocument",
    "Enquiry",
    "ExactDecoder",
    "ExactEncoder",
    "ExportSequence",
    "FieldDiscovery",
    "Job",
    "Order",
    "OrderHint",
    "OrderStep",
    "PaymentMapping",
    "ReceivedPage",
    "Reconciliation",
    "Rejudgement",
    "Resend",
    "TranslationSettings",
    "UnmappedPayment",
]
