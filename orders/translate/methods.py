"""How payment modules are recognised: a table, so that a later gateway only adds a row (Miva reference §12.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Self

from orders.translate.patterns import module_code, module_regex, words, words_regex

_MOST_REMEMBERED = 2_000


class Kind(Enum):
    """Which of Stone Edge's payment elements a method becomes (SETI reference §3.1.4)."""

    CARD = "CreditCard"
    PAYPAL = "PayPal"
    STORE_CREDIT = "StoreCredit"
    CHECK = "Check"
    COD = "COD"
    PURCHASE_ORDER = "PurchaseOrder"
    GIFT_CARD = "GiftCard"
    GENERIC = "Generic1"


@dataclass(frozen=True, slots=True)
class DataKeys:
    """Which keys of a payment's ``data`` hold what; they are tried before the usual ones (``cards``).

    Spelled as ``cards.plain_key`` gives them: ``Auth_Code`` and ``authCode`` are both ``authcode``.
    """

    last_four: tuple[str, ...] = ()
    expiry: tuple[str, ...] = ()
    authorization: tuple[str, ...] = ()
    transaction: tuple[str, ...] = ()
    avs: tuple[str, ...] = ()
    cvv_result: tuple[str, ...] = ()


NO_KEYS = DataKeys()


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A row of the table.

    ``module`` is a pattern for the whole module code, ``description`` one for words in the payment's description,
    card brand or module name; a blank one fits everything, and both must fit. ``without_module``: only for payments
    that have no module code. ``name`` is what Stone Edge is
    told where the element has a place for it: the issuer of a card, the name of a generic payment, the
    description of a store credit; blank, it is recognised from the payment. ``title`` is for people's lists.
    """

    kind: Kind
    name: str = ""
    module: str = ""
    description: str = ""
    keys: DataKeys = NO_KEYS
    title: str = ""
    without_module: bool = False

    def fits(self, code: str, searched: str) -> bool:
        """Whether it is the method of this module code (``module_code``) and these texts (``words``)."""
        if code and self.without_module:
            return False
        module, described = module_regex(self.module), words_regex(self.description)
        return (module is None or module.fullmatch(code) is not None) and (
            described is None or described.search(searched) is not None
        )


class PaymentMethods(tuple[PaymentMethod, ...]):
    """The methods in their order of precedence. Remembers what it has recognised: a shop has few kinds of payments."""

    _remembered: dict[tuple[str, ...], PaymentMethod | None]

    def __new__(cls, methods: Iterable[PaymentMethod] = ()) -> Self:
        made = super().__new__(cls, methods)
        made._remembered = {}
        return made

    def of(self, code: str, *names: str) -> PaymentMethod | None:
        """The first method that fits a module's code and the names that the payment has; None when none does."""
        asked = (code, *names)
        try:
            return self._remembered[asked]
        except KeyError:
            pass
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        plain, searched = module_code(code), words(*names)
        method = next((each for each in self if each.fits(plain, searched)), None)
        self._remembered[asked] = method
        return method


AUTHORIZE_NET = "authnet*, authorize*, anet*, *acceptjs*"
CARD_BRANDS = (
    "visa, mastercard, master card, amex, american express, discover, diners, jcb, maestro, unionpay"
)

# The modules of Miva's Stone Edge guide ("Payment Data") and Miva's own. The codes of Miva's own modules are known
# (Miva reference §12.2); those of the gateways are published nowhere, so that each has the plausible ones.
BY_MODULE = (
    PaymentMethod(Kind.STORE_CREDIT, "", "customercredit*", title="Customer Credit"),
    PaymentMethod(Kind.PAYPAL, "", "braintree*", "paypal", title="PayPal through Braintree"),
    PaymentMethod(Kind.CARD, "", "braintree*", "apple pay, applepay*", title="Apple Pay through Braintree"),
    PaymentMethod(Kind.CARD, "", "braintree*", title="Braintree"),
    PaymentMethod(
        Kind.CARD, "", AUTHORIZE_NET, "apple pay, applepay*", title="Apple Pay through Authorize.net"
    ),
    PaymentMethod(
        Kind.CHECK, "", AUTHORIZE_NET, "echeck, e check, bank account", title="eCheck through Authorize.net"
    ),
    PaymentMethod(Kind.CARD, "", AUTHORIZE_NET, title="Authorize.net, also with accept.js"),
    PaymentMethod(Kind.CARD, "", "*paypal*", CARD_BRANDS, title="Card through a PayPal module"),
    PaymentMethod(Kind.PAYPAL, "", "*paypal*, ppec*, ppexpress*", title="PayPal Express Checkout"),
    PaymentMethod(Kind.GENERIC, "Amazon Pay", "*amazon*", title="Amazon Pay"),
    PaymentMethod(Kind.CARD, "", "chase*, *paymentech*, orbital*", title="Chase Paymentech"),
    PaymentMethod(Kind.CARD, "", "bolt*", title="Bolt"),
    PaymentMethod(Kind.CARD, "", "square*", title="Square Payments"),
    PaymentMethod(Kind.CARD, "", "mod10", title="Mod10 (Credit Card with Simple Validation)"),
    PaymentMethod(Kind.CARD, "", "cybersource*, cybs*", title="Cybersource"),
    PaymentMethod(Kind.CARD, "", "*apple*pay*", title="Apple Pay with a module of its own"),
    PaymentMethod(Kind.CHECK, "", "check, cheque, moneyorder", title="Check"),
    PaymentMethod(Kind.COD, "", "cod", title="COD"),
    PaymentMethod(Kind.PURCHASE_ORDER, "", "purchaseorder*, po, poterms, terms*", title="Purchase order"),
    PaymentMethod(Kind.GIFT_CARD, "", "giftcard*, giftcert*", title="Gift card"),
)
# A payment has no module code when its module was uninstalled (Miva reference §12.1). Beside a code no common word of a
# description ("Check out with ...") tells the method.
BY_NAME = (
    PaymentMethod(
        Kind.STORE_CREDIT,
        "",
        "",
        "customer credit, customercredit, store credit, storecredit",
        title="Customer Credit, by its name",
        without_module=True,
    ),
    PaymentMethod(
        Kind.GIFT_CARD,
        "",
        "",
        "gift card*, giftcard*, gift cert*, giftcert*",
        title="Gift card, by its name",
        without_module=True,
    ),
    PaymentMethod(Kind.PAYPAL, "", "", "paypal*", title="PayPal, by its name", without_module=True),
    PaymentMethod(
        Kind.GENERIC, "Amazon Pay", "", "amazon*", title="Amazon Pay, by its name", without_module=True
    ),
    PaymentMethod(
        Kind.CARD,
        "",
        "",
        "braintree, authorize net, authnet, chase paymentech, paymentech, bolt, square, cybersource, apple pay, "
        "credit card payment with simple validation",
        title="The gateways above, by their names",
        without_module=True,
    ),
    PaymentMethod(
        Kind.PURCHASE_ORDER,
        "",
        "",
        "purchase order*, purchaseorder*, terms, net 30",
        title="Purchase order, by its name",
        without_module=True,
    ),
    PaymentMethod(
        Kind.COD, "", "", "cod, c o d, cash on delivery", title="COD, by its name", without_module=True
    ),
    PaymentMethod(
        Kind.CHECK, "", "", "check, money order, cheque", title="Check, by its name", without_module=True
    ),
)
STANDARD_METHODS = PaymentMethods((*BY_MODULE, *BY_NAME))


def method_of(methods: tuple[PaymentMethod, ...], code: str, *names: str) -> PaymentMethod | None:
    """The first of the methods that fits, see :meth:`PaymentMethods.of`."""
    table = methods if isinstance(methods, PaymentMethods) else PaymentMethods(methods)
    return table.of(code, *names)
