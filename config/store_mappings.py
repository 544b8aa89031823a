"""The tab beside a store's settings that shows in short what is mapped for it, and what nobody has mapped yet."""

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from config.store_pages import ROWS, Table
from fulfillment.models import StatusUpdate, StoreShipping
from orders.admin.payments import address_of_new, suggestion
from orders.models import CustomField, PaymentMapping, UnmappedPayment
from orders.places import goes_to
from orders.rules import rules_for
from stores.admin.words import NEVER, label, link, list_of, page_of, when
from stores.models import Store

MANY = 200  # messages that are looked at for the labels that nobody has explained


def mappings(request: HttpRequest, store: Store) -> list[Table]:
    """Return what is mapped for this store, and what nobody has mapped yet."""
    may = request.user.has_perm
    return [
        *([payments(store)] if may("orders.view_paymentmapping") else []),
        *([unmapped(store)] if may("orders.view_unmappedpayment") else []),
        *([custom_fields(store)] if may("orders.view_translationsettings") else []),
        *([labels(store), carriers(store)] if may("fulfillment.view_storeshipping") else []),
    ]


def payments(store: Store) -> Table:
    """Return the payment mappings that hold for the store: its own, and those for all stores."""
    rows = PaymentMapping.objects.filter(Q(store=store) | Q(store=None)).order_by("position", "pk")[:ROWS]
    return Table(
        "Payment mappings",
        ["Module / description", "Becomes in Stone Edge", "Method name", "Holds for", "State"],
        [
            [
                link(page_of(row), row.recognised),
                row.get_element_display(),
                row.name or NEVER,
                "this store" if row.store_id else "all stores",
                label("Enabled", "good") if row.enabled else label("Off", "quiet"),
            ]
            for row in rows
        ],
        list_of("orders_paymentmapping"),
        "None of its own is needed so far: the standard ones, below the whole list, hold.",
    )


def unmapped(store: Store) -> Table:
    """Return the payment methods that go as generic payments."""
    rows = UnmappedPayment.objects.of(store).filter(dismissed_at=None).order_by("-count", "pk")[:ROWS]
    return Table(
        "Unmapped payments",
        ["Module / description", "Payments", "Last seen", "What to do"],
        [[str(row), f"{row.count:,}", when(row.last_seen), proposal(row)] for row in rows],
        list_of("orders_unmappedpayment", store=store.pk),
        "Every payment method that came with orders is recognised.",
    )


def proposal(row: UnmappedPayment) -> SafeString:
    """Return the link to the form that is filled in for this method."""
    return link(address_of_new(**suggestion(row), unmapped=row.pk), "Make a mapping")


def custom_fields(store: Store) -> Table:
    """Return where each custom order field goes that Miva has told of."""
    rules = rules_for(store)
    rows = CustomField.objects.of(store).order_by("module", "code")[:ROWS]
    return Table(
        "Custom order fields",
        ["Field in Miva", "Name in Miva", "Goes to"],
        [[str(row), row.name or NEVER, goes_to(row, rules)] for row in rows],
        reverse("admin:stores_store_translation", args=[store.pk]),
        "Miva has told of none yet: press 'Ask Miva now' on the translation page.",
        "Translation and preview",
    )


def labels(store: Store) -> Table:
    """Return the status labels that the store reads in its own way, and those that nobody has explained."""
    own = [[row.label, row.get_meaning_display()] for row in store.status_meanings.all()[:ROWS]]
    messages = StatusUpdate.objects.of(store).filter(meaning="").order_by()
    unknown = sorted(set(messages.values_list("label", flat=True)[:MANY]))[:ROWS]
    address = list_of("fulfillment_statusupdate", store=store.pk, meaning="unknown")
    rows = [[name or "(no status)", link(address, label("Unknown", "warn"))] for name in unknown]
    return Table(
        "Status labels of Stone Edge",
        ["Label", "Means"],
        [*own, *rows],
        page_of(StoreShipping(pk=store.pk)),
        "All labels that came have their usual meaning.",
        "Status labels and carriers",
    )


def carriers(store: Store) -> Table:
    """Return the store's own carriers."""
    rows = [[row.carrier, row.tracking_type] for row in store.carriers.all()[:ROWS]]
    return Table(
        "Carriers",
        ["In Stone Edge", "Tracking type in Miva"],
        rows,
        page_of(StoreShipping(pk=store.pk)),
        "None of its own: the usual names are recognised.",
        "Status labels and carriers",
    )
