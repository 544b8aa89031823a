"""Every box of the console says in support's words what it is for, and every list what to do while it is empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from stores.admin.acting import ActForm

pytestmark = pytest.mark.django_db
# Django's own pages about accounts and groups explain themselves where they need to.
OWN = ("auth",)


@pytest.fixture
def asked(rf):
    """A request of somebody who may do everything."""
    request = rf.get("/admin/")
    request.user = User.objects.create_superuser("support", "support@example.com", "correct-horse-battery")
    return request


def forms_of(model_admin, request) -> Iterator[tuple[str, type[forms.BaseForm]]]:
    """Name and class of each form of a model's pages: that for adding, that for changing, and those of its inlines."""
    model = model_admin.model
    if model_admin.has_add_permission(request):
        yield f"{model._meta.label} (add)", model_admin.get_form(request)
    if model_admin.has_change_permission(request):
        yield f"{model._meta.label} (change)", model_admin.get_form(request, model(), change=True)
    for inline in model_admin.get_inline_instances(request):
        yield f"{model._meta.label} › {inline.model._meta.label}", inline.get_formset(request).form


def subclasses(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def silent(name: str, form: type[forms.BaseForm]) -> list[str]:
    """The form's boxes that do not say what they are for."""
    return [
        f"{name}: {field}"
        for field, box in form.base_fields.items()
        if not str(box.help_text).strip() and not isinstance(box.widget, forms.HiddenInput)
        if not (" › " in name and field == "store")  # the parent's own row, which no inline shows
    ]


def test_every_box_of_every_form_has_a_help_text(asked):
    found = [
        words
        for model_admin in admin.site._registry.values()
        if model_admin.opts.app_label not in OWN
        for name, form in forms_of(model_admin, asked)
        for words in silent(name, form)
    ]
    assert sorted(set(found)) == []


def test_every_box_of_every_question_and_of_the_guided_form_has_a_help_text():
    from orders.admin.connecting_forms import CredentialsForm, SheetForm, StrategyForm
    from orders.admin.span_form import SpanForm
    from orders.admin.translation_forms import MappingForm, SampleForm, TranslationForm

    pages = (CredentialsForm, SheetForm, StrategyForm, SpanForm, MappingForm, SampleForm, TranslationForm)
    found = [words for form in (*pages, *subclasses(ActForm)) for words in silent(form.__name__, form)]
    assert found == []


@pytest.mark.parametrize(
    "model_admin",
    [each for each in admin.site._registry.values() if each.opts.app_label not in OWN],
    ids=lambda each: each.opts.label,
)
def test_an_empty_list_says_what_to_do(admin_client, model_admin):
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist"
    page = admin_client.get(reverse(name))
    said = getattr(model_admin, "empty_words", "")
    assert said
    if page.context["cl"].result_list:
        return  # the session that looks is a row of its own list
    assert str(said) in page.content.decode().replace("&#x27;", "'").replace("&quot;", '"')


@pytest.mark.parametrize(
    "model_admin",
    [each for each in admin.site._registry.values() if each.opts.app_label not in OWN],
    ids=lambda each: each.opts.label,
)
def test_a_list_whose_filters_match_nothing_says_that(admin_client, model_admin):
    if not model_admin.search_fields:
        pytest.skip("the list has no search box")
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist"
    page = admin_client.get(reverse(name), {"q": "nothing-is-called-so"}).content.decode()
    assert "Nothing matches" in page
