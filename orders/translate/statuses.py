"""Miva's status codes in words (Miva reference §8)."""

PENDING = 0
CANCELLED = 300
NOT_SHIPPED = (210, 211, 220, 221)  # gift certificates and downloads
GONE = (200, 500, 600)  # of lines that left the house, and perhaps came back

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
LINE_STATUSES = ORDER_STATUSES | {
    PENDING: "",
    100: "Picking",
    210: "Gift Certificate Not Redeemed",
    211: "Gift Certificate Redeemed",
    220: "Not Downloaded",
    221: "Downloaded",
    999: "Adjustment",
}


def order_status(code: int) -> str:
    """The words for an order's status; codes of newer stores are shown as ``Status 123``."""
    return ORDER_STATUSES.get(code) or f"Status {code}"


def line_status(code: int) -> str:
    """The words for how far Miva is with a line; "" for one that nothing has been done with."""
    words = LINE_STATUSES.get(code)
    return f"Status {code}" if words is None else words
