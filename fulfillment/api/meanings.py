"""What a store's status labels and carriers mean."""

from fulfillment.models import CarrierMapping, StatusMeaning
from stores.rest.fields import Edited
from stores.rest.views import EditableViewSet
from stores.scopes import Scope


class StatusMeaningSerializer(Edited):
    """What the portal does in Miva when a status comes."""

    class Meta:
        """All of it."""

        model = StatusMeaning
        fields = ("id", "label", "meaning")


class StatusMeaningsViewSet(EditableViewSet):
    """The store's own readings of status labels."""

    reads, writes = Scope.MAPPINGS_READ, Scope.MAPPINGS_WRITE
    queryset = StatusMeaning.objects.all()
    serializer_class = StatusMeaningSerializer
    lookup_value_regex = "[0-9]{1,18}"


class CarrierSerializer(Edited):
    """What Miva calls a carrier."""

    class Meta:
        """All of it."""

        model = CarrierMapping
        fields = ("id", "carrier", "tracking_type")


class CarriersViewSet(EditableViewSet):
    """The store's own names of carriers."""

    reads, writes = Scope.MAPPINGS_READ, Scope.MAPPINGS_WRITE
    queryset = CarrierMapping.objects.all()
    serializer_class = CarrierSerializer
    lookup_value_regex = "[0-9]{1,18}"
