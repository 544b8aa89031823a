"""A store's own payment mappings and custom field mappings."""

from typing import Any

from orders import rejudging
from orders.models import CustomFieldMapping, PaymentMapping
from orders.payment_mappings import forget_mapped
from orders.settings import outdate
from stores.rest.fields import Edited
from stores.rest.views import EditableViewSet
from stores.scopes import Scope


class PaymentMappingSerializer(Edited):
    """How payments of a module become payments of Stone Edge."""

    class Meta:
        """All of it."""

        model = PaymentMapping
        fields = (
            *("id", "enabled", "position", "module", "description", "without_module", "element", "name"),
            *("last_four_key", "expiry_key", "authorization_key", "transaction_key", "avs_key"),
            "cvv_result_key",
        )


class PaymentMappingsViewSet(EditableViewSet):
    """The store's own rows of the payment table; those for all stores are the support team's."""

    reads, writes = Scope.MAPPINGS_READ, Scope.MAPPINGS_WRITE
    queryset = PaymentMapping.objects.all()
    serializer_class = PaymentMappingSerializer
    lookup_value_regex = "[0-9]{1,18}"

    def changed(self, row: Any) -> None:
        """Have the orders that wait judged again, and forget what is mapped now."""
        rejudging.ask([self.store])
        forget_mapped()


class CustomFieldMappingSerializer(Edited):
    """What happens to one custom order field."""

    class Meta:
        """All of it."""

        model = CustomFieldMapping
        fields = ("id", "module", "code", "action", "name")


class CustomFieldMappingsViewSet(EditableViewSet):
    """What happens to the store's custom order fields."""

    reads, writes = Scope.MAPPINGS_READ, Scope.MAPPINGS_WRITE
    queryset = CustomFieldMapping.objects.all()
    serializer_class = CustomFieldMappingSerializer
    lookup_value_regex = "[0-9]{1,18}"

    def changing(self) -> None:
        """Make a translation page that somebody has open too old to be saved."""
        outdate(self.store)

    def changed(self, row: Any) -> None:
        """Have the orders that wait judged again."""
        rejudging.ask([self.store])
