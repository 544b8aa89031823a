"""The search over everything: what every app finds, joined, as a page and in the command palette."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import strip_tags
from django.views.decorators.cache import never_cache
from unfold.dataclasses import SearchResult

from config.console import navigation
from fulfillment.admin import finding as fulfillment
from inventory.admin import finding as inventory
from orders.admin import finding as orders
from stores.admin import finding as stores
from stores.admin.finding import MOST, Found, Kind, Term

KINDS: Sequence[Kind] = (*orders.KINDS, *fulfillment.KINDS, *inventory.KINDS, *stores.KINDS)
IN_PALETTE = 100


@dataclass(frozen=True)
class Group:
    """What was found of a kind; `more` is the address of the list with the rest, empty when this is all."""

    kind: Kind
    rows: Sequence[Found]
    more: str


def find(user: User | AnonymousUser, term: Term) -> list[Group]:
    """Return what the term may mean among the rows that this person may view; kinds without any are left out."""
    if not term.text:
        return []
    groups = []
    for kind in KINDS:
        rows = kind.find(term) if user.has_perm(kind.permission) else []
        if rows:
            groups.append(Group(kind, rows[:MOST], kind.more(term) if len(rows) > MOST else ""))
    return groups


def missing(user: User | AnonymousUser, term: Term) -> str:
    """Return the address of the page about an order number that is not here, empty when no number was typed."""
    if term.number is None or not user.has_perm("orders.view_order"):
        return ""
    return orders.address_of_missing(term.number)


@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """Answer the page (`?q=`) and the command palette (`?s=`).

    Instead of the theme's own view, which keeps what it has found for five minutes: an order that was fetched a minute ago would
    still be missing, and what a person may no longer view would still be shown.
    """
    if "s" in request.GET:
        return palette(request, Term.of(request.GET["s"]))
    term = Term.of(request.GET.get("q", ""))
    context = admin.site.each_context(request) | {
        "title": "Find",
        "term": term,
        "groups": find(request.user, term),
        "missing": missing(request.user, term),
        "kinds": [kind for kind in KINDS if request.user.has_perm(kind.permission)],
    }
    return TemplateResponse(request, "admin/search.html", context)


def palette(request: HttpRequest, term: Term) -> HttpResponse:
    """Return the palette's list: rows first, then the way to ask Miva, then pages of the console."""
    began = time.monotonic()
    pages = Paginator([*in_palette(request, term)] if term.text else [], IN_PALETTE)
    context = {
        "results": pages.page(1),
        "page_obj": pages,
        "page_counter": 0,
        "execution_time": time.monotonic() - began,
    }
    return TemplateResponse(
        request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"}
    )


def in_palette(request: HttpRequest, term: Term) -> Iterator[SearchResult]:
    """Yield the lines of the palette."""
    for group in find(request.user, term):
        for row in group.rows:
            about = " · ".join(filter(None, (row.store, strip_tags(row.state).strip(), row.about)))
            yield SearchResult(title=row.title, description=about, link=row.address, icon=group.kind.icon)
        if group.more:
            yield SearchResult(
                title=f"All {group.kind.title.lower()} like this",
                description="",
                link=group.more,
                icon="list",
            )
    if address := missing(request.user, term):
        yield SearchResult(
            title=f"Order {term.number} is not in the store that you mean?",
            description="See why, ask Miva",
            link=address,
            icon="help",
        )
    yield from pages_of_the_console(request, term)


def pages_of_the_console(request: HttpRequest, term: Term) -> Iterator[SearchResult]:
    """Yield the lines of the sidebar that the term names."""
    for section in navigation(request):
        for item in section["items"]:
            if term.text.lower() in item["title"].lower() and item["permission"](request):
                yield SearchResult(
                    title=item["title"], description="Page", link=item["link"], icon=item["icon"]
                )
