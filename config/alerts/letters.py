"""What the mails say: each in the language and in the time zone of who gets it, as text and as HTML."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.alerts import links
from config.alerts.problems import kind_of
from config.standing import services_of
from stores.health import Fixer, Service, ServiceHealth
from stores.models import AlertEvent, AlertRecipient, Problem
from stores.models.alerts import CLOCK

LONGEST_SUBJECT = 200
SUBJECT_STORES = 3  # named in the subject of a mail about several
MOST_ITEMS = 40  # told one by one; Slack takes 50


@dataclass(frozen=True)
class Item:
    """A service of a store in a mail. Several problems of it, one after the other, are told as one."""

    problem: Problem
    store: str
    service: str
    state: str
    sentence: str
    remedy: str
    fixer: str
    times: int
    """How often it began."""
    began: str
    over: bool
    lasted: str
    page: str

    @property
    def span(self) -> str:
        """Since when, or for how long, in a sentence."""
        if self.over:
            return _("Began %(began)s, over after %(lasted)s.") % {"began": self.began, "lasted": self.lasted}
        return _("Since %(began)s.") % {"began": self.began}


def of_events(recipient: AlertRecipient, events: Sequence[AlertEvent], now: datetime) -> dict[str, str]:
    """Return subject, text and HTML of the mail about these events."""
    with translation.override(recipient.language):
        zone = ZoneInfo(recipient.time_zone)
        items = items_of(events, zone, support=recipient.merchant_id is None, now=now)
        context = {"items": items[:MOST_ITEMS], "rest": rest_of(items), "zone": zone.key}
        return letter("alert", subject_of(items), recipient, context)


def question(recipient: AlertRecipient) -> dict[str, str]:
    """Return subject, text and HTML of the mail that asks whether the address is right."""
    with translation.override(recipient.language):
        whose = recipient.merchant.name if recipient.merchant else _("all merchants")
        subject = _("Confirm: alerts about the stores of %(whose)s") % {"whose": whose}
        context = {"whose": whose, "confirm": links.confirm_url(recipient), "days": links.CONFIRM_DAYS}
        return letter("confirm", subject, recipient, context)


def letter(name: str, subject: str, recipient: AlertRecipient, context: Mapping[str, Any]) -> dict[str, str]:
    """Return a mail from its two templates, in the language that is active."""
    given = {
        **context,
        "subject": subject,
        "language": recipient.language,
        "support": recipient.merchant_id is None,
        "choose": links.choose_url(recipient),
        "unsubscribe": links.unsubscribe_url(recipient),
        "portal": settings.PUBLIC_URL,
    }
    return {
        "subject": subject,
        "text": render_to_string(f"alerts/{name}.txt", given).strip() + "\n",
        "html": render_to_string(f"alerts/{name}.html", given),
    }


def items_of(events: Iterable[AlertEvent], zone: ZoneInfo, *, support: bool, now: datetime) -> list[Item]:
    """Return what is to be told about each service: first what goes on, then what is over."""
    problems: dict[tuple[int | None, str], dict[int, Problem]] = {}
    news = set()
    for event in events:
        row = event.problem
        problems.setdefault((row.store_id, row.service), {})[row.pk] = row
        if not event.reminds:
            news.add(row.pk)
    chains = [[rows[pk] for pk in sorted(rows)] for rows in problems.values()]
    present = judged_anew([chain[-1] for chain in chains], now)
    items = [
        item_of(chain, present.get(chain[-1].pk), zone, support, new=chain[-1].pk in news) for chain in chains
    ]
    return sorted(items, key=lambda item: (item.over, item.store, item.service))


def judged_anew(rows: Sequence[Problem], now: datetime) -> dict[int, ServiceHealth]:
    """Return how what goes on stands now: what was written down is in the language of the clock."""
    open_rows = [row for row in rows if row.recovered_at is None and row.store]
    healths = services_of(list({row.store for row in open_rows if row.store}), now)
    of_service = {(pk, each.service): each for pk, some in healths.items() for each in some}
    found = {row.pk: of_service.get((row.store_id or 0, Service(row.service))) for row in open_rows}
    return {row.pk: each for row in open_rows if (each := found[row.pk]) and kind_of(each) == row.kind}


def item_of(
    chain: Sequence[Problem], present: ServiceHealth | None, zone: ZoneInfo, support: bool, *, new: bool
) -> Item:
    """Return the item of one service from its problems, the latest last; `new` off: a reminder of it."""
    row, said = chain[-1], present or chain[-1]
    over = row.recovered_at is not None
    return Item(
        problem=row,
        store=f"{row.store.merchant.name} · {row.store.name}" if row.store else _("connect2cart"),
        service=service_name(row.service),
        state=state_of(row, new=new),
        sentence=said.sentence,
        remedy="" if over else said.remedy,
        fixer="" if over else fixer_words(said.fixer, support),
        times=len(chain),
        began=moment(chain[0].opened_at, zone),
        over=over,
        lasted=lasted(row),
        page=links.page_of(row, support),
    )


def state_of(row: Problem, *, new: bool) -> str:
    """Return what a problem is, or that it is over."""
    if row.recovered_at is not None:
        return _("Works again")
    state = str(Problem.Kind(row.kind).label)
    return state if new else _("Still: %(state)s") % {"state": state}


def service_name(service: str) -> str:
    """Return what a service is called."""
    return _("The portal's clock") if service == CLOCK else str(Service(service).label)


def fixer_words(fixer: str, support: bool) -> str:
    """Return who has to do something, in words; empty when nobody has."""
    if fixer in ("", Fixer.NOBODY):
        return ""
    if support:
        return str(Fixer(fixer).label)
    return _("Yours to fix") if fixer == Fixer.MERCHANT else _("Support is on it")


def lasted(row: Problem) -> str:
    """Return how long a problem lasted; empty while it goes on."""
    if row.recovered_at is None:
        return ""
    return timesince(row.opened_at, row.recovered_at).replace("\xa0", " ")


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return a time where the person is, with the zone's name."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def rest_of(items: Sequence[Item]) -> str:
    """Return how many there are beside those that are told one by one; empty when there are no others."""
    more = len(items) - MOST_ITEMS
    if more <= 0:
        return ""
    words = ngettext(
        "And %(count)s more: the pages show it.", "And %(count)s more: the pages show them.", more
    )
    return words % {"count": more}


def subject_of(items: Sequence[Item]) -> str:
    """Return the subject: what and where; for several how many, and at which stores."""
    if len(items) == 1:
        (item,) = items
        subject = f"{item.store}: {item.service} – {item.state}"
    else:
        going_on = sum(not item.over for item in items)
        parts = []
        if going_on:
            words = ngettext("%(count)s problem", "%(count)s problems", going_on)
            parts.append(words % {"count": going_on})
        if over := len(items) - going_on:
            parts.append(ngettext("%(count)s over", "%(count)s over", over) % {"count": over})
        subject = f"{', '.join(parts)}: {stores_in(items)}"
    return Truncator(" ".join(subject.split())).chars(LONGEST_SUBJECT)


def stores_in(items: Sequence[Item]) -> str:
    """Return the names of the first few stores."""
    names = list(dict.fromkeys(item.store for item in items))
    more = len(names) - SUBJECT_STORES
    return ", ".join(names[:SUBJECT_STORES]) + (f" (+{more})" if more > 0 else "")
