"""What the benchmarks of stock share: stores with products, logins, messages."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils import timezone

from inventory import catalog
from inventory.models import CatalogueRefresh, Product
from orders.jobs import Outcome
from stores.models import PullCursor, Store
from tests.factories import make_desktop
from tests.portal import Portal


@dataclass(frozen=True)
class Login:
    """A desktop's login."""

    store: Store
    username: str
    password: str

    @classmethod
    def of(cls, store: Store) -> "Login":
        """A new login of the store."""
        desktop, password = make_desktop(store)
        return cls(store, desktop.username, password)

    def form(self, function: str, **parameters: str) -> bytes:
        """A message as the desktop sends it."""
        login = {"setifunction": function, "setiuser": self.username, "password": self.password, "code": ""}
        return urlencode(login | parameters | {"omversion": "7.500", "store": str(self.store.pk)}).encode()


def http(portal: Portal, body: bytes) -> bytes:
    """The message as an HTTP request on a connection of its own."""
    head = (
        f"POST /seti/ HTTP/1.1\r\nHost: 127.0.0.1:{portal.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def copied(store: Store) -> None:
    """Read the store's catalogue to its end."""
    PullCursor.objects.filter(store=store).update(due_at="2999-01-01T00:00:00Z")
    refresh = catalog.start(store, CatalogueRefresh.Kind.PRODUCTS)
    while catalog.work(refresh) is not Outcome.DONE:
        pass


def stocked(store: Store, count: int) -> list[str]:
    """Rows of our copy for so many products, as if they had been read; returns their codes."""
    now = timezone.now()
    codes = [f"p{number}" for number in range(count)]
    Product.objects.bulk_create(
        Product(
            store=store,
            miva_id=number + 1,
            code=code,
            code_key=code,
            tracked=True,
            quantity=1000,
            stock_product_id=number + 1,
            read_at=now,
            seen_by=1,
        )
        for number, code in enumerate(codes)
    )
    CatalogueRefresh.objects.create(
        store=store, kind=CatalogueRefresh.Kind.PRODUCTS, state=CatalogueRefresh.State.DONE, finished_at=now
    )
    return codes
