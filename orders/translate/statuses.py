"""Miva's status codes in words (Miva reference §8)."""

PENDING = 0
CANCELLED = 300
NOT_SHIPPED = (210, 211, 220, 221)  # gift certificates and downloads

ORDER_STATUSES = {
    PENDING: "Pending",
    100: "Processing",
    200: "Shipped",
    201: "Partially Shipped",
    CANCELLED: "Cancelled",
    400: "Backordered",
    500: "RMA Issued",
    600: "Returned",
}


def order_status(code: int) -> str:
    """The words for an order's status; codes of newer stores are shown as ``Status 123``."""
    return ORDER_STATUSES.get(code) or f"Status {code}"
