"""The journal and the audit trail, read-only."""

from stores.models import AuditEntry, Exchange
from stores.rest.fields import Told
from stores.rest.filters import Filters, MomentFilter
from stores.rest.views import StoreViewSet
from stores.scopes import Scope

NEWEST_FIRST = {"newest": "-id", "oldest": "id"}


class ExchangeSerializer(Told):
    """One conversation, redacted, without its bodies."""

    class Meta:
        """What lists show."""

        model = Exchange
        fields: tuple[str, ...] = (
            *("id", "direction", "function", "at", "milliseconds", "outcome", "http_status"),
            *("request_id", "error"),
        )
        read_only_fields: tuple[str, ...] = fields


class ExchangeDetailSerializer(ExchangeSerializer):
    """One conversation with its redacted bodies."""

    class Meta(ExchangeSerializer.Meta):
        """With bodies."""

        fields = (*ExchangeSerializer.Meta.fields, "request", "response")
        read_only_fields: tuple[str, ...] = fields


class ExchangeFilter(Filters):
    """Which conversations."""

    at_after = MomentFilter(field_name="at", lookup_expr="gte")
    at_before = MomentFilter(field_name="at", lookup_expr="lt")

    class Meta:
        """By what they were."""

        model = Exchange
        fields: tuple[str, ...] = ("direction", "outcome", "function")


class ExchangesViewSet(StoreViewSet):
    """Conversations with Miva and with Stone Edge, redacted."""

    reads = Scope.EXCHANGES_READ
    queryset = Exchange.objects.all()
    filterset_class = ExchangeFilter
    orders = NEWEST_FIRST
    lookup_value_regex = "[0-9]{1,18}"

    def get_serializer_class(self) -> type[Told]:
        """Return how it is told: one with its bodies."""
        return ExchangeDetailSerializer if self.action == "retrieve" else ExchangeSerializer


class AuditEntrySerializer(Told):
    """Who did what, when, and why."""

    class Meta:
        """All of it but the tenant's keys."""

        model = AuditEntry
        fields: tuple[str, ...] = (
            *("id", "at", "actor_kind", "actor_name", "request_id", "verb", "object_type"),
            *("object_id", "object_label", "before", "after", "reason", "count"),
        )
        read_only_fields: tuple[str, ...] = fields


class AuditEntriesViewSet(StoreViewSet):
    """The audit trail of a store."""

    reads = Scope.AUDIT_READ
    queryset = AuditEntry.objects.all()
    serializer_class = AuditEntrySerializer
    orders = NEWEST_FIRST
    lookup_value_regex = "[0-9]{1,18}"
