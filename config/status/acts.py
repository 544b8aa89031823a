"""What an owner may do on his store's page: pull now, have Miva asked about an order, make and revoke links."""

from functools import partial

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from config.status.viewer import for_viewer, page
from config.status.views import nobody
from orders import enquiries
from orders.tasks import answer_enquiry, pull_store
from stores import cursors, share_links
from stores.access import owned_of
from stores.admin.finding import Term
from stores.audit import note
from stores.limits import ASK_MIVA, PULL_NOW, wait_before
from stores.models import ShareLink, Store
from stores.nudges import nudge


class LinkForm(forms.Form):
    """For whom, and for how long."""

    name = forms.CharField(max_length=80, label=gettext_lazy("For whom"))
    days = forms.TypedChoiceField(
        label=gettext_lazy("Good for"),
        coerce=int,
        initial=90,
        choices=[
            (7, gettext_lazy("7 days")),
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
            (365, gettext_lazy("365 days")),
        ],
    )


@for_viewer
@require_POST
def pull_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Make the store due and knock at the workers."""
    store = owned(request, slug)
    if not Store.objects.served().filter(pk=store.pk).exists():
        messages.warning(request, _("Not pulled: this store is paused or switched off."))
    elif wait := wait_before(PULL_NOW, store):
        messages.warning(request, too_soon(wait))
    else:
        with transaction.atomic():
            cursors.make_due([store])
            note("pull now", store)
            transaction.on_commit(partial(nudge, pull_store, store.pk))
        messages.success(
            request, _("Orders are being fetched from Miva. This page shows when they are here.")
        )
    return back(store)


@for_viewer
@require_POST
def ask_miva(request: HttpRequest, slug: str) -> HttpResponse:
    """Have a worker ask Miva about an order that is not here."""
    store = owned(request, slug)
    number = Term.of(request.POST.get("order", "")[:40]).number
    if number is None:
        return back(store)
    if wait := wait_before(ASK_MIVA, store):
        messages.warning(request, too_soon(wait))
    else:
        with transaction.atomic():
            enquiry = enquiries.ask(store, number, by=request.user)
            note("Miva asked about an order", store, after={"order": number})
            transaction.on_commit(partial(nudge, answer_enquiry, enquiry.pk))
    return back(store, order=number)


@for_viewer
@sensitive_variables("secret", "address")
@require_http_methods(["GET", "POST"])
def links(request: HttpRequest, slug: str) -> HttpResponse:
    """The store's links; POST makes one and shows its address, this once."""
    if leave := nobody(request):
        return leave
    store = owned(request, slug)
    form = LinkForm(request.POST if request.method == "POST" else None)
    address = ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            _row, secret = share_links.make(store, given["name"], given["days"], by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            address = f"{settings.PUBLIC_URL}{reverse('status:shared', args=[secret])}"
            form = LinkForm()
    rows = ShareLink.objects.good().of(store).select_related("made_by")
    context = {"store": store, "form": form, "links": rows, "made": address}
    return page(request, "links", context, zone=store.zone)


@for_viewer
@require_POST
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End a link."""
    store = owned(request, slug)
    share_links.revoke(get_object_or_404(ShareLink.objects.of(store), pk=pk))
    messages.success(request, _("The link is good no longer."))
    return HttpResponseRedirect(reverse("status:links", args=[slug]))


def owned(request: HttpRequest, slug: str) -> Store:
    """Return the store for which this person may do something. Raises Http404 for any other."""
    store: Store = get_object_or_404(owned_of(request), slug=slug)
    return store


def back(store: Store, **query: int) -> HttpResponse:
    """Lead back to the store's page."""
    more = f"?{urlencode(query)}" if query else ""
    return HttpResponseRedirect(f"{reverse('status:store', args=[store.slug])}{more}")


def too_soon(wait: float) -> str:
    """Return how long one has to wait."""
    seconds = max(round(wait), 1)
    words = ngettext(
        "That was done a moment ago. Try again in %(count)s second.",
        "That was done a moment ago. Try again in %(count)s seconds.",
        seconds,
    )
    return words % {"count": seconds}
