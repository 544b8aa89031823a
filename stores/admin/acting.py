"""What support does with rows: one question, one verb, one answer, for the row of a page and for several of a list.

An `Act` says what will happen, to what, how long that takes and who may; the page that asks is the same for all of them.
Nothing is done before `sure` is sent. The verbs decide by conditional UPDATEs, so a button that is pressed twice, or too late,
does nothing twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from stores.admin.lists import PortalAdmin
from stores.admin.words import page_of, span

MOST = 500  # rows at one press: as many as a request does with time to spare
SHOWN = 20  # rows that the question names
ACROSS = "select_across"  # Django's own name for "all that the list's filters match"


class ActForm(forms.Form):
    """What has to be known before something is done; `rows` is what it is done with."""

    def __init__(self, data: Any = None, rows: Sequence[Any] = ()) -> None:
        """Keep the rows."""
        super().__init__(data)
        self.rows = rows


class ReasonForm(ActForm):
    """Why."""

    reason = forms.CharField(
        max_length=200,
        help_text="Shown wherever this is shown, and kept in its history.",
        error_messages={
            "required": "Give a reason of at most 200 characters: whoever looks at this next wants to know."
        },
    )


@dataclass(frozen=True)
class Asked:
    """What was asked for: on which page, with which rows, what was typed, and by whom."""

    admin: "Acting"
    request: HttpRequest
    rows: list[Any]
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> Any:
        """Who asks."""
        return self.request.user

    @property
    def who(self) -> str:
        """The name of who asks."""
        return self.request.user.get_username()


@dataclass(frozen=True)
class Result:
    """What came of it: sentences with counts, and a page to be shown instead of the list. The audit trail is the verb's."""

    done: Sequence[str] = ()
    left: Sequence[str] = ()
    page: tuple[str, Mapping[str, Any]] | None = None  # template, context


def at_once(count: int) -> str:
    """Say that nobody has to wait."""
    return "It is done at once."


def about(seconds: float, where: str = "") -> Callable[[int], str]:
    """Return what says how long so many rows take, at `seconds` for each."""

    def words(count: int) -> str:
        return f"It takes about {span(max(count * seconds, 1))}{where}."

    return words


IN_THE_BACKGROUND = ", in the background: this page need not stay open"


@dataclass(frozen=True)
class Act:
    """Something that support may do. `name` is its address and its name among a list's actions.

    `question` has a place for "3 orders". `fits` keeps the rows with which it can be done; `none` is said when there are none.
    `preview` returns a template and its context, which are shown before it is done. `whole` does it with all that match when
    they are more than `most`, as a job.
    """

    name: str
    words: str
    question: str
    explanation: str
    permission: str
    verb: Callable[[Asked], Result]
    none: str = "Nothing was changed: this is not possible any more."
    takes: Callable[[int], str] = at_once
    fits: Callable[[QuerySet[Any]], QuerySet[Any]] = QuerySet.all
    form: type[ActForm] | None = None
    preview: Callable[[Asked], tuple[str, Mapping[str, Any]]] | None = None
    whole: Callable[[QuerySet[Any]], Result] | None = None
    most: int = MOST
    many: bool = True


@dataclass(frozen=True)
class Chosen:
    """The rows of one press; `more` says that more than these match, `left_out` how many of the ticked ones do not fit."""

    rows: list[Any]
    across: bool = False
    more: bool = False
    left_out: int = 0


class Acting(PortalAdmin):
    """A list and a page with `acts`: each has a button's address, and an action of the list if `many`."""

    acts: Sequence[Act] = ()

    def get_urls(self) -> list[URLPattern]:
        """Add an address for each act: `…/17/pause/`, named `stores_store_pause`."""
        stem = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            *(
                path(
                    f"<path:object_id>/{act.name}/",
                    view(partial(self.act_view, act=act)),
                    name=f"{stem}_{act.name}",
                )
                for act in self.acts
            ),
            *super().get_urls(),
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Add the acts that this person may do with several rows."""
        if IS_POPUP_VAR in request.GET:
            return {}
        acts = {act.name: act for act in self.acts if act.many and self.allows(request, act)}
        found: dict[str, Any] = super().get_actions(request)
        for name, act in acts.items():
            found[name] = (partial(ask_from_list, act), name, f"{act.words}…")
        return found

    def allows(self, request: HttpRequest, act: Act) -> bool:
        """Return whether this person may do it."""
        return request.user.has_perm(act.permission)

    def offered(self, request: HttpRequest, row: Model) -> list[tuple[str, str]]:
        """Return what this person may do with the row as it stands now: name of the address and words of each button."""
        rows = type(row)._default_manager.filter(pk=row.pk)
        stem = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return [
            (f"{stem}_{act.name}", act.words)
            for act in self.acts
            if self.allows(request, act) and act.fits(rows).exists()
        ]

    def line(self, row: Any) -> str:
        """Return how the question names a row."""
        store = getattr(row, "store", None)
        problem = getattr(row, "reason", "") or getattr(row, "problem", "")
        whose = f", {store.merchant} · {store}" if store else ""
        kind, name = str(self.opts.verbose_name), str(row)
        named = name if name.lower().startswith(kind.lower()) else f"{kind} {name}"
        return f"{named}{whose}{f' — {problem}' if problem else ''}"

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def act_view(self, request: HttpRequest, object_id: str, act: Act) -> HttpResponse:
        """A button of a row's page: ask, and do it once the person is sure."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(f"There is no such {self.opts.verbose_name}.")
        if not self.allows(request, act):
            raise PermissionDenied
        rows = self.get_queryset(request).filter(pk=row.pk)
        related = self.list_select_related
        rows = rows.select_related(*related) if isinstance(related, (list, tuple)) else rows
        return self.ask(request, act, Chosen(list(act.fits(rows)))) or HttpResponseRedirect(page_of(row))

    def ask(
        self, request: HttpRequest, act: Act, chosen: Chosen, rows: QuerySet[Any] | None = None
    ) -> HttpResponse | None:
        """Ask, or do it when that was answered; None when the list or the page is to be shown again."""
        if not chosen.rows:
            messages.info(request, act.none)
            return None
        form = form_of(request, act, chosen.rows)
        ready = "sure" in request.POST and (form is None or form.is_valid())
        if ready and (act.preview is None or request.POST.get("seen") == mark(form)):
            given = form.cleaned_data if form else {}
            try:
                result = self.do(request, act, chosen, given, rows)
            except ValidationError as error:
                if form is None:
                    messages.error(request, " ".join(error.messages))
                    return None
                form.add_error(None, error)
            else:
                return self.told(request, act, result)
        return self.act_page(request, act, chosen, form)

    def do(
        self,
        request: HttpRequest,
        act: Act,
        chosen: Chosen,
        given: Mapping[str, Any],
        rows: QuerySet[Any] | None,
    ) -> Result:
        """Do it with the rows, or leave it to a job when more match than a request can do."""
        if chosen.more and act.whole is not None and rows is not None:
            return act.whole(rows)
        return act.verb(Asked(self, request, chosen.rows, given))

    def told(self, request: HttpRequest, act: Act, result: Result) -> HttpResponse | None:
        """Say what came of it."""
        if result.page:
            template, context = result.page
            return TemplateResponse(request, template, self.frame(request, act.words) | dict(context))
        for words in result.done:
            messages.success(request, words)
        for words in result.left:
            messages.warning(request, words)
        if not result.done and not result.left:
            messages.info(request, act.none)
        return None

    def act_page(
        self, request: HttpRequest, act: Act, chosen: Chosen, form: ActForm | None
    ) -> TemplateResponse:
        """Return the page that asks."""
        count = len(chosen.rows)
        title = act.question.format(self.counted(count))
        context = self.frame(request, title) | {
            "act": act,
            "form": form,
            "takes": act.takes(count),
            "lines": [self.line(row) for row in chosen.rows[:SHOWN]],
            "unnamed": max(count - SHOWN, 0),
            "keys": [] if chosen.across else [row.pk for row in chosen.rows],
            "first_key": chosen.rows[0].pk,
            "chosen": chosen,
            "original": None if "action" in request.POST else chosen.rows[0],
            "listed": "action" in request.POST,
            "beyond": act.whole is not None,
            "asks_twice": act.preview is not None,
            "back": request.get_full_path() if "action" in request.POST else page_of(chosen.rows[0]),
            "seen": mark(form),
        }
        if act.preview and form and form.is_bound and form.is_valid():
            template, shown = act.preview(Asked(self, request, chosen.rows, form.cleaned_data))
            context |= {"preview": template} | dict(shown)
        return TemplateResponse(request, "admin/act.html", context)

    def counted(self, count: int) -> str:
        """Return "1 order" or "3 orders"."""
        return f"{count} {self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural}"


def ask_from_list(
    act: Act, admin: Acting, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse | None:
    """An action of the list: ask about the ticked rows, or about all that the list's filters match; no table is counted."""
    across = request.POST.get(ACROSS) == "1"
    rows = act.fits(queryset)
    found = list(rows[: act.most + 1])
    ticked = 0 if across else len(request.POST.getlist("_selected_action"))
    more = len(found) > act.most
    fitting = rows.count() if more and ticked else len(found)
    chosen = Chosen(found[: act.most], across, more=more, left_out=max(ticked - fitting, 0))
    return admin.ask(request, act, chosen, rows if across else None)


def form_of(request: HttpRequest, act: Act, rows: Sequence[Any]) -> ActForm | None:
    """Return the act's form, bound when one of its boxes was sent."""
    if act.form is None:
        return None
    sent = any(name in request.POST for name in act.form.base_fields)
    return act.form(request.POST if sent or "sure" in request.POST else None, rows)


def mark(form: ActForm | None) -> str:
    """Return a mark of what was typed: what is done after a preview is what the preview showed."""
    if form is None or not form.is_bound or not form.is_valid():
        return ""
    return repr(sorted((name, str(value)) for name, value in form.cleaned_data.items()))


def each(verb: Callable[[Any], Any], done: str) -> Callable[[Asked], Result]:
    """Return a verb for many rows from one for a row, which says whether it did something. `done` has a place for the count."""

    def act(asked: Asked) -> Result:
        count = sum(1 for row in asked.rows if verb(row))
        left = len(asked.rows) - count
        return Result(
            done=[done.format(count)] if count else [],
            left=[f"Not done with {left}: meanwhile something else happened."] if left and count else [],
        )

    return act
