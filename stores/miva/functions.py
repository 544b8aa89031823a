"""Miva's functions by what a lost answer means for them."""

QUEUE_FUNCTION = "Module:orderworkflow:QueueOrderList_Load_Query"
ACKNOWLEDGE_FUNCTION = "Module:orderworkflow:OrderList_Acknowledge"

READ_ONLY = frozenset(
    {
        "AllOrderPaymentList_Load_Query",
        "CustomerList_Load_Query",
        "MivaMerchantVersion",
        "NoteList_Load_Query",
        "OrderCustomFieldList_Load",
        "OrderItemList_Load",
        "OrderItemList_Load_Query",
        "OrderList_Load_Query",
        "OrderPaymentList_Load",
        "OrderShipmentList_Load_Query",
        "ProductList_Load_Query",
        "ProductVariantList_Load_Product",
        "ProductVariantList_Load_Query",
        QUEUE_FUNCTION,
    }
)

# Acknowledging twice only adds a second note (Miva reference §9.2).
REPEATABLE = READ_ONLY | {ACKNOWLEDGE_FUNCTION}


def grant_name(module_code: str, module_function: str) -> str:
    """The name under which Miva's admin grants a module's function to a token (Miva reference §3)."""
    return f"Module:{module_code}:{module_function}"


def is_repeatable(function: str) -> bool:
    """True when the call may be repeated after a lost answer. Unknown ones count as changing something."""
    return function in REPEATABLE
