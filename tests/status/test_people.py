"""Merchants' people: invited, signing in, choosing a password, with a second factor if they like."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.roles import SUPPORT
from stores import letters, second_factor, throttle
from stores.members import NoMember, invite
from stores.models import AuditEntry, Letter, Membership
from tests.config.test_sign_in import code_of, with_second_factor
from tests.factories import make_merchant, make_store
from tests.status.conftest import PASSWORD
from tests.together import at_once

pytestmark = pytest.mark.django_db
NEW = "a-long-and-new-password"


@pytest.fixture
def support() -> Client:
    user = User.objects.create_user("rosa", "rosa@example.com", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=SUPPORT))
    client = Client()
    client.force_login(user)
    return client


def invited(
    support: Client, merchant, email: str = "olga@acme.example", role: str = "owner", language: str = "en"
):
    sent = {"merchant": str(merchant.pk), "email": email, "role": role, "language": language}
    return support.post("/admin/stores/membership/add/", sent)


def sent() -> list:
    """Let a worker send what is due; returns all mails so far."""
    letters.send_due()
    return mail.outbox


def link_in(letter) -> str:
    return re.search(r"http://127\.0\.0\.1:8000(\S+)", letter.body).group(1)


def choose(path: str, password: str = NEW):
    """Follow the link of a letter and choose a password; returns the answer."""
    browser = Client()
    form = browser.get(path, follow=True)
    where = form.redirect_chain[-1][0] if form.redirect_chain else path
    return browser.post(where, {"new_password1": password, "new_password2": password})


def sign_in(browser: Client, password: str, name: str = "olga@acme.example", wanted: str = ""):
    return browser.post("/status/sign-in/", {"username": name, "password": password, "next": wanted})


def test_support_invites_by_e_mail_and_the_person_chooses_a_password_and_sees_the_pages(support):
    store = make_store(name="Acme Web")
    assert invited(support, store.merchant, "Olga@Acme.example").status_code == 302
    (letter,) = sent()
    assert letter.to == ["olga@acme.example"]
    assert "good for 3 days" in letter.body
    assert choose(link_in(letter))["Location"] == "/status/sign-in/"
    browser = Client()
    assert sign_in(browser, NEW, "OLGA@acme.example")["Location"] == "/"
    assert "Acme Web" in browser.get("/status/").content.decode()
    assert Membership.objects.get().invited_at is not None
    assert AuditEntry.objects.get(verb="member invited").actor_name == "rosa"


def test_the_link_of_a_letter_is_good_once(support):
    invited(support, make_merchant())
    path = link_in(sent()[0])
    choose(path)
    assert "not good any more" in Client().get(path, follow=True).content.decode()


def test_a_known_person_is_told_to_sign_in_as_before(owner):
    invite(make_merchant(name="Beta"), owner.email, "viewer")
    (letter,) = sent()
    assert "Sign in as before" in letter.body
    assert link_in(letter) == "/status/sign-in/"
    assert User.objects.filter(email=owner.email).count() == 1


def test_staff_cannot_be_invited(support):
    merchant = make_merchant()
    page = invited(support, merchant, "rosa@example.com").content.decode()
    assert "somebody of the support team" in page
    with pytest.raises(NoMember):
        invite(merchant, "rosa@example.com", "owner")
    assert not Membership.objects.exists()


@pytest.fixture
def _no_mail_server(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9


@pytest.mark.usefixtures("_no_mail_server")
def test_a_letter_that_cannot_be_sent_waits_and_is_tried_again_until_it_arrives(settings):
    invite(make_merchant(), "olga@acme.example", "owner")
    assert letters.send_due() == 0
    assert Membership.objects.get().invited_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert letters.send_due() == 0, "not before its time"
    Letter.objects.update(due_at=timezone.now())
    assert letters.send_due() == 1
    assert Membership.objects.get().invited_at is not None
    assert not Letter.objects.exists()


@pytest.mark.usefixtures("_no_mail_server")
def test_a_letter_is_given_up_after_a_day_and_the_log_names_nobody(caplog):
    invite(make_merchant(), "olga@acme.example", "owner")
    Letter.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert letters.send_due() == 0
    assert not Letter.objects.exists()
    assert "could not be sent" in caplog.text
    assert "olga" not in caplog.text


@pytest.mark.usefixtures("_no_mail_server")
def test_the_page_for_a_forgotten_password_needs_no_mail_server_and_does_the_same_for_everybody(
    owner, django_assert_num_queries
):
    browser = Client()
    with CaptureQueriesContext(connection) as known:
        assert browser.post("/status/password/", {"email": owner.email}).status_code == 302
    with django_assert_num_queries(len(known)):
        assert browser.post("/status/password/", {"email": "no@acme.example"}).status_code == 302
    assert Letter.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_letter_is_sent_once_whoever_sends_at_once(settings):
    invite(make_merchant(), "olga@acme.example", "owner")
    assert sorted(at_once(2, lambda _: letters.send_due())) == [0, 1]


def test_what_is_kept_of_a_letter_opens_nothing(owner):
    Client().post("/status/password/", {"email": owner.email})
    kept = str(Letter.objects.values().get())
    token = link_in(sent()[0]).rstrip("/").rsplit("/", 1)[1]
    assert token not in kept


def test_whoever_may_not_invite_is_refused():
    tim = Client()
    tim.force_login(User.objects.create_user("tim", password=PASSWORD, is_staff=True))
    assert invited(tim, make_merchant()).status_code == 403


def test_signing_in_leads_to_the_page_that_was_wanted_if_it_is_ours(client, store):
    browser = Client()
    asked = browser.get("/status/acme-web/")
    assert asked["Location"] == "/status/sign-in/?next=/status/acme-web/"
    assert sign_in(browser, PASSWORD, wanted="/status/acme-web/")["Location"] == "/status/acme-web/"
    assert sign_in(Client(), PASSWORD, wanted="https://evil.example/")["Location"] == "/"


def test_a_wrong_password_says_nothing_about_the_address_and_is_noted(owner):
    answers = [
        sign_in(Client(), "wrong", name).content.decode() for name in (owner.username, "no@acme.example")
    ]
    assert all("do not belong together" in answer for answer in answers)
    assert AuditEntry.objects.filter(verb="login failed").count() == 2


def test_after_too_many_failures_even_the_right_password_is_refused(owner):
    for _ in range(throttle.ATTEMPTS_PER_LOGIN):
        sign_in(Client(), "wrong")
    assert sign_in(Client(), PASSWORD).status_code == 429


@pytest.mark.parametrize("spell", ["{:>160}", "\uff4flga@acme.example{:.0}", "olga@acme.example\0{:.0}"])
def test_failures_are_counted_under_the_name_that_the_form_reads_however_it_is_written(owner, spell):
    for _ in range(throttle.ATTEMPTS_PER_LOGIN):
        assert sign_in(Client(), "wrong", spell.format(owner.username)).status_code == 200
    assert sign_in(Client(), PASSWORD).status_code == 429


def test_a_forgotten_password_is_replaced_by_a_letter(owner):
    Client().post("/status/password/", {"email": "OLGA@acme.example"})
    assert choose(link_in(sent()[0]))["Location"] == "/status/sign-in/"
    assert sign_in(Client(), PASSWORD).status_code == 200
    assert sign_in(Client(), NEW).status_code == 302
    assert AuditEntry.objects.filter(verb="password chosen by a letter's link").exists()


def test_choosing_a_password_ends_the_other_sessions(client, owner, store):
    assert client.get("/status/").status_code == 200
    Client().post("/status/password/", {"email": owner.email})
    choose(link_in(sent()[0]))
    assert client.get("/status/").status_code == 302


@pytest.mark.parametrize("address", ["nobody@acme.example", "rosa@example.com"])
def test_no_letter_goes_to_strangers_or_staff_and_the_page_says_the_same(support, address):
    answer = Client().post("/status/password/", {"email": address}, follow=True)
    assert "If a member has this address" in answer.content.decode()
    assert not sent()


def test_letters_are_not_sent_without_end(owner):
    for _ in range(7):
        answer = Client().post("/status/password/", {"email": owner.email})
    assert "Too many attempts" in answer.content.decode()
    assert len(sent()) == 5


def test_a_member_may_set_up_a_second_factor_and_is_asked_for_it_from_then_on(client, owner, store):
    client.get("/second-factor/set-up/")
    page = client.post("/second-factor/set-up/", {"code": code_of(owner)}).content.decode()
    assert "recovery codes" in page
    assert 'action="/status/sign-out/"' in page
    browser = Client()
    sign_in(browser, PASSWORD)
    assert browser.get("/status/acme-web/")["Location"] == "/second-factor/?next=%2Fstatus%2Facme-web%2F"
    assert second_factor.has_one(owner)


def test_with_a_second_factor_the_code_opens_the_pages(owner, store):
    with_second_factor(owner)
    browser = Client()
    sign_in(browser, PASSWORD)
    answer = browser.post("/second-factor/", {"code": code_of(owner), "next": "/status/acme-web/"})
    assert answer["Location"] == "/status/acme-web/"
    assert browser.get("/status/acme-web/").status_code == 200


def test_signing_out_ends_the_session(client, store):
    assert client.post("/status/sign-out/")["Location"] == "/status/sign-in/"
    assert client.get("/status/").status_code == 302


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("de", "Statusseiten von Acme Mugs", "der Link gilt 3 Tage:"),
        ("es", "Páginas de estado de Acme Mugs", "el enlace vale 3 días:"),
    ],
)
def test_the_invitation_is_written_in_the_language_that_support_chose(support, language, subject, words):
    invited(support, make_merchant(name="Acme Mugs"), language=language)
    (letter,) = sent()
    assert letter.subject == subject
    assert words in letter.body
    assert Membership.objects.get().language == language


def test_the_letter_for_a_new_password_is_in_the_language_of_the_page(owner):
    Client(headers={"accept-language": "de"}).post("/status/password/", {"email": owner.email})
    assert sent()[0].subject == "Ein neues Passwort für die Statusseiten"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/second-factor/set-up/", "Richten Sie Ihren zweiten Faktor ein"),
        ("/sessions/", "Wo Sie angemeldet sind"),
    ],
)
def test_the_pages_about_signing_in_speak_a_members_language_and_english_to_staff(
    client, support, address, words
):
    german = {"accept-language": "de"}
    page = client.get(address, headers=german).content.decode()
    assert words in page
    assert '<html lang="de"' in page
    assert words not in support.get(address, headers=german).content.decode()


@pytest.mark.parametrize("address", ["/sessions/", "/second-factor/", "/second-factor/set-up/"])
def test_whoever_is_not_signed_in_is_led_to_the_members_page(address, db):
    assert Client().get(address)["Location"] == f"/status/sign-in/?next={address}"


def test_no_way_leads_a_member_to_the_admins_login(client, store):
    assert Client().get("/", follow=True).redirect_chain[-1][0] == "/status/sign-in/?next=/status/"
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/status/"


def test_staff_who_sign_in_on_the_members_page_come_to_the_admin(support):
    assert sign_in(Client(), PASSWORD, "rosa")["Location"] == "/"
    assert support.get("/")["Location"] == "/admin/"
