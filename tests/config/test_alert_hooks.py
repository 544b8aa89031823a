"""Webhooks for alerts: signed, retried, and never into our own network."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from config.alerts.sending import send_due
from stores.models import AlertHook, Notice
from stores.posting import AddressWrong, PostRefused, check_address, post
from tests.config.alerting import make_hook, make_problem, receiving, write_notices
from tests.factories import make_store

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings):
    settings.ALLOW_PRIVATE_STORE_HOSTS = settings.ALLOW_HTTP_STORES = True
    with receiving() as receiver:
        yield receiver


def later(minutes: float):
    return timezone.now() + timedelta(minutes=minutes)


def test_an_alert_is_posted_as_slack_shows_it_and_signed(receiver):
    make_hook(receiver)
    store = make_store(name="Acme <Web>")
    make_problem(store)
    write_notices()
    send_due()
    ((headers, body),) = receiver.got
    told = json.loads(body)
    assert told["text"].endswith("Acme &lt;Web&gt;: Orders from Miva – Credentials refused")
    assert "Miva refuses the token." in told["blocks"][0]["text"]["text"]
    stamp = headers["x-connect2cart-timestamp"]
    expected = hmac.new(b"s3cret", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-connect2cart-signature"] == f"v1={expected}"
    notice = Notice.objects.get()
    assert notice.done_at
    assert (notice.response_status, notice.response) == (200, "ok")


def test_an_alert_is_posted_in_the_webhooks_language_and_time_zone(receiver):
    store = make_store()
    make_hook(receiver, language="de", time_zone="Asia/Tokyo")
    make_problem(store, opened_at=datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
    write_notices()
    send_due()
    ((headers, body),) = receiver.got
    shown = json.loads(body)["blocks"][0]["text"]["text"]
    assert "Bestellungen von Miva" in shown
    assert "Seit 2026-03-03 00:00 JST." in shown
    assert shown.endswith("|Einzelheiten>")
    assert headers["accept-encoding"] == "identity", "no answer unfolds to a huge one"


def test_a_name_that_leads_elsewhere_at_the_call_is_not_followed_into_our_network():
    url = "https://localhost:9/services"
    assert check_address(url, resolver=lambda host, port: ["93.184.215.14"]) == "localhost"
    with pytest.raises(PostRefused) as refused:
        post(url, b"{}", {})
    assert "leads into a private network" in refused.value.args[0]
    assert "127.0.0.1" not in str(refused.value), "nobody learns from us what names lead to inside"


def test_what_the_receiver_cannot_take_now_is_posted_again_under_the_same_id(receiver):
    make_hook(receiver)
    make_problem(make_store())
    write_notices()
    receiver.answers += [(503, {}), (429, {"Retry-After": "120"})]
    send_due()
    send_due()
    assert len(receiver.got) == 1
    send_due(later(1))
    notice = Notice.objects.get()
    assert notice.problem == "The receiver answered 429."
    assert notice.due_at > later(1.9)
    send_due(later(5))
    assert Notice.objects.get().done_at
    assert len({headers["x-connect2cart-id"] for headers, _ in receiver.got}) == 1


@pytest.mark.parametrize("answer", [(404, {}), (302, {"Location": "http://127.0.0.1:1/"})])
def test_what_the_receiver_refuses_is_given_up_with_the_reason_and_no_redirect_is_followed(receiver, answer):
    make_hook(receiver)
    make_problem(make_store())
    write_notices()
    receiver.answers.append(answer)
    send_due()
    notice = Notice.objects.get()
    assert notice.parked_at
    assert str(answer[0]) in notice.problem
    assert len(receiver.got) == 1


def test_an_address_that_has_become_private_is_not_called(receiver, settings):
    make_hook(receiver)
    make_problem(make_store())
    write_notices()
    settings.ALLOW_PRIVATE_STORE_HOSTS = False
    send_due()
    assert receiver.got == []
    assert Notice.objects.get().parked_at


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://hooks.example.com/x", ["93.184.215.14"]),
        ("https://user:pw@hooks.example.com/x", ["93.184.215.14"]),
        ("https://127.0.0.1/x", ["127.0.0.1"]),
        ("https://hooks.example.com/x", ["93.184.215.14", "10.0.0.7"]),
        ("https://hooks.example.com/x", ["169.254.169.254"]),
        ("not an address", []),
    ],
)
def test_an_address_that_must_not_be_called_is_refused_without_being_repeated(url, addresses):
    with pytest.raises(AddressWrong) as refused:
        check_address(url, resolver=lambda host, port: addresses)
    assert url not in str(refused.value)


def test_the_form_refuses_a_private_address_and_keeps_a_good_one_encrypted(client, receiver, settings):
    client.force_login(User.objects.create_superuser("lead", "lead@example.com", "correct-horse-battery"))
    form = {
        "name": "Slack",
        "url": receiver.url,
        "secret": "s3cret",
        "active": "on",
        "language": "en",
        "time_zone": "UTC",
    }
    page = reverse("admin:stores_alerthook_add")
    settings.ALLOW_PRIVATE_STORE_HOSTS = False
    refused = client.post(page, form)
    assert "whole https address of the public internet" in refused.content.decode()
    settings.ALLOW_PRIVATE_STORE_HOSTS = True
    assert client.post(page, form).status_code == 302
    hook = AlertHook.objects.get()
    assert (hook.url, hook.made_by.username) == (receiver.url, "lead")
    shown = client.get(reverse("admin:stores_alerthook_change", args=[hook.pk])).content.decode()
    assert receiver.url not in shown
    assert "s3cret" not in shown


def test_the_test_button_posts_a_test_and_shows_the_answer(client, receiver):
    client.force_login(User.objects.create_superuser("lead", "lead@example.com", "correct-horse-battery"))
    hook = make_hook(receiver)
    page = reverse("admin:stores_alerthook_test", args=[hook.pk])
    assert client.get(page).status_code == 200
    assert receiver.got == []
    client.post(page, {"sure": "yes"})
    send_due()
    ((_, body),) = receiver.got
    assert "Nothing is wrong" in json.loads(body)["text"]
    listed = client.get(reverse("admin:stores_alerthook_changelist")).content.decode()
    assert "200" in listed
