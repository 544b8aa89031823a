"""Forgetting old messages. Shipments are facts and stay: what a message meant is in them, so that one which comes again still says
nothing new."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from fulfillment.meanings import UNKNOWN
from fulfillment.models import Shipment, StatusUpdate
from stores.pruning import forget

KEEP_DONE = timedelta(days=30)
KEEP_OTHERS = timedelta(days=180)  # nobody has explained the label yet, or Miva is still owed what it means


def prune(now: datetime) -> int:
    """Forget messages that came last so long ago: days after what they mean is done, else months. Returns how many."""
    owed = Shipment.objects.filter(update=OuterRef("pk"), done_at=None)
    unsettled = Q(meaning=UNKNOWN) | Q(Exists(owed))
    done = StatusUpdate.objects.filter(~unsettled, last_at__lt=now - KEEP_DONE)
    return forget(done) + forget(StatusUpdate.objects.filter(last_at__lt=now - KEEP_OTHERS))
