"""What is entered on which screen of Stone Edge (SETI reference §5.5; guide, "Setup & Configuration")."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage

from stores.audit import note
from stores.connect import script_url
from stores.models import Desktop, Store

BATCH = 50
BY_TELEPHONE = "told by telephone: it is never sent by mail"
CARTS = "Settings → System Functions → Shopping Carts, Edit"
PARAMETERS = "System Parameters"


@dataclass(frozen=True)
class Entry:
    """One box of a screen: its name, what is entered, and why or when not."""

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class Screen:
    """One screen of Stone Edge: where it is, and what is entered there."""

    title: str
    entries: Sequence[Entry]


def sheet(store: Store, desktop: Desktop | None = None, password: str = "") -> list[Screen]:
    """Return the screens with what is entered for this login; without `password` the sheet may be printed and sent."""
    address = script_url()
    carts = [
        Entry("Cart Type", "Generic"),
        Entry("Cart ID/User Name", desktop.username if desktop else "the login's user name"),
        Entry("Cart Password", password or BY_TELEPHONE),
        Entry("Store Code", desktop.store_code if desktop else store.store_code, "or empty"),
        Entry(
            "Script URL",
            address.split("://", 1)[-1],
            f"if Stone Edge's test of the connection fails: {address}",
        ),
        Entry("Order Download Batch", str(BATCH), "lower it when an import is slow"),
        Entry("Send Status To Web", "on", "shipments and tracking numbers go to Miva; off: nothing is sent"),
        Entry("Synchronize Inventory", "on, if Stone Edge keeps the stock", "quantities on hand go to Miva"),
    ]
    generic = [
        Entry("GenericImportMethod", "XML"),
        Entry("GenericOrderNumberType", "Numeric"),
        Entry("GenericScriptVersionNumber", settings.SETI_VERSION),
        Entry("GenericUseAdvancedFunctions", "True", "products, customers and stock are answered, too"),
        Entry("GenericStatusSendXML", "True", "reports name the lines that go"),
        Entry("GenericQOHChangeSendAsXML", "False", "either is understood"),
        Entry("GenericMaxOrderDownload", "500", "older versions"),
        Entry("GenericUseDataEncryption", "False", "if present"),
    ]
    program = [
        Entry("SynchQOH", "True", "shows the choices for stock"),
        Entry("UseStatusUpdates", "True"),
        Entry("UseGenericStatusUpdates", "True", "cart-based"),
    ]
    return [
        Screen(CARTS, carts),
        Screen(f"{PARAMETERS}, group Generic Carts", generic),
        Screen(f"{PARAMETERS}, group Program", program),
    ]


def mail(store: Store, desktop: Desktop | None, to: str) -> None:
    """Send the sheet to the merchant, without the password. Raises OSError or SMTPException when the mail cannot be sent."""
    lines = [f"These are the settings of Stone Edge Order Manager for {store.merchant} · {store.name}.", ""]
    for screen in sheet(store, desktop):
        lines += [screen.title, *(line_of(entry) for entry in screen.entries), ""]
    EmailMessage(f"Stone Edge settings for {store.name}", "\n".join(lines), to=[to]).send()
    note("sheet for Stone Edge sent", store, after={"to": to})


def line_of(entry: Entry) -> str:
    """Return an entry as a line of plain text."""
    return f"  {entry.name}: {entry.value}" + (f" ({entry.remark})" if entry.remark else "")
