"""Logging in: the throttle, the second factor with its recovery codes, the sessions."""

import re
import time

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django_otp.oath import TOTP

from config.roles import LEAD
from stores import second_factor, throttle
from stores.fields import readable
from stores.models import AuditEntry, Authenticator, SignIn

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


@pytest.fixture
def rosa() -> User:
    return User.objects.create_superuser("rosa", "rosa@example.com", PASSWORD)


def log_in(client: Client, password: str = PASSWORD, name: str = "rosa"):
    return client.post("/admin/login/", {"username": name, "password": password, "next": "/admin/"})


def code_of(user: User, *, ahead: int = 0) -> str:
    """The code that the app shows; `ahead` steps of 30 seconds from now."""
    row = Authenticator.objects.filter(user=user).order_by("-pk")[0]
    totp = TOTP(bytes.fromhex(readable(row.key)))
    totp.time = time.time() + 30 * ahead
    return f"{totp.token():06d}"


def with_second_factor(user: User) -> list[str]:
    """Set up the second factor; returns the recovery codes."""
    second_factor.begin(user)
    codes = second_factor.confirm(user, code_of(user, ahead=-1))
    assert codes is not None
    return codes


def test_name_and_password_are_enough_for_who_has_no_second_factor(client, rosa):
    assert log_in(client).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_logins_and_failed_logins_are_noted(client, rosa):
    log_in(client, "wrong")
    log_in(client)
    noted = AuditEntry.objects.filter(actor_name="rosa").order_by("pk")
    assert [(entry.verb, entry.address) for entry in noted] == [
        ("login failed", "127.0.0.1"),
        ("login", "127.0.0.1"),
    ]


def test_a_name_that_nobody_has_is_kept_nowhere(client, rosa):
    log_in(client, "rosa", name="my-own-password-7")
    assert AuditEntry.objects.get(verb="login failed").object_label == "an unknown name"
    assert "my-own-password-7" not in repr(AuditEntry.objects.values())


def test_after_too_many_failures_even_the_right_password_is_refused_with_a_sentence(client, rosa):
    for _ in range(throttle.ATTEMPTS_PER_LOGIN):
        assert log_in(client, "wrong").status_code == 200
    refused = log_in(client)
    assert refused.status_code == 429
    assert "try again in 15 minutes" in refused.content.decode()
    assert log_in(Client(REMOTE_ADDR="127.0.0.2")).status_code == 302


def test_an_address_cannot_try_many_names(client, rosa):
    for number in range(throttle.ATTEMPTS_PER_ADDRESS):
        log_in(client, "wrong", f"name-{number}")
    assert log_in(client, "wrong", "another").status_code == 429


def test_with_a_second_factor_nothing_opens_before_the_code(client, rosa):
    with_second_factor(rosa)
    log_in(client)
    for page in ("/admin/", "/admin/stores/store/", "/sessions/"):
        assert client.get(page)["Location"].startswith("/second-factor/?next=")
    answer = client.post("/second-factor/", {"code": code_of(rosa), "next": "/admin/stores/store/"})
    assert answer["Location"] == "/admin/stores/store/"
    assert client.get("/admin/stores/store/").status_code == 200


def test_a_code_is_good_only_once(client, rosa):
    with_second_factor(rosa)
    code = code_of(rosa)
    assert second_factor.accept(rosa, code) is not None
    assert second_factor.accept(rosa, code) is None


def test_a_wrong_code_lets_nobody_in_is_noted_and_makes_the_next_one_wait(client, rosa):
    with_second_factor(rosa)
    log_in(client)
    wrong = "000000" if code_of(rosa) != "000000" else "000001"
    assert "not right" in client.post("/second-factor/", {"code": wrong}).content.decode()
    assert client.post("/second-factor/", {"code": code_of(rosa)}).status_code == 200
    assert client.get("/admin/").status_code == 302
    assert AuditEntry.objects.filter(verb="second factor refused").exists()


def test_a_recovery_code_lets_in_once_and_is_noted(client, rosa):
    first, *_ = with_second_factor(rosa)
    log_in(client)
    assert client.post("/second-factor/", {"code": first.upper()}).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert AuditEntry.objects.get(verb="recovery code used").count == second_factor.RECOVERY_CODES - 1
    assert second_factor.accept(rosa, first) is None


def test_key_and_recovery_codes_cannot_be_read_in_the_database(rosa):
    from django.db import connection

    codes = with_second_factor(rosa)
    key = readable(Authenticator.objects.get().key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM stores_authenticator")
        stored = repr(
            [bytes(v) if isinstance(v, memoryview) else v for row in cursor.fetchall() for v in row]
        )
    assert key not in stored
    assert all(code not in stored and code.replace("-", "") not in stored for code in codes)


def test_where_it_is_required_staff_without_one_is_led_to_the_set_up_and_nowhere_else(client, rosa, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    log_in(client)
    assert client.get("/admin/stores/store/")["Location"].startswith("/second-factor/set-up/?next=")
    page = client.get("/second-factor/set-up/").content.decode()
    assert "<svg" in page
    assert second_factor.secret_of(Authenticator.objects.get()) in page
    done = client.post("/second-factor/set-up/", {"code": code_of(rosa), "next": "/admin/"})
    codes = re.findall(r"<code>([0-9a-f-]{19})</code>", done.content.decode())
    assert len(codes) == second_factor.RECOVERY_CODES
    assert client.get("/admin/stores/store/").status_code == 200


def test_a_set_up_with_a_wrong_code_takes_nothing_into_use(client, rosa):
    log_in(client)
    client.get("/second-factor/set-up/")
    client.post("/second-factor/set-up/", {"code": "12"})
    assert not second_factor.has_one(rosa)
    assert client.get("/admin/").status_code == 200


def test_a_password_alone_cannot_replace_the_second_factor(client, rosa):
    with_second_factor(rosa)
    log_in(client)
    for address in ("/second-factor/set-up/?replace=yes", "/second-factor/set-up/"):
        assert client.get(address)["Location"] == "/second-factor/"
    assert client.post("/second-factor/set-up/", {"code": "123456"})["Location"] == "/second-factor/"
    assert client.post("/second-factor/codes/")["Location"] == "/second-factor/"


def test_the_page_after_the_code_is_one_of_ours(client, rosa):
    with_second_factor(rosa)
    log_in(client)
    answer = client.post("/second-factor/", {"code": code_of(rosa), "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_setting_it_up_ends_the_other_sessions(client, rosa):
    other = Client()
    log_in(other)
    other.get("/admin/")
    log_in(client)
    client.get("/second-factor/set-up/")
    client.post("/second-factor/set-up/", {"code": code_of(rosa)})
    assert other.get("/admin/")["Location"].startswith("/admin/login/")


def test_a_lead_takes_it_from_who_has_lost_it_with_a_reason(client):
    tom = User.objects.create_user("tom", password=PASSWORD, is_staff=True)
    with_second_factor(tom)
    lead = User.objects.create_user("lea", password=PASSWORD, is_staff=True)
    lead.groups.add(Group.objects.get(name=LEAD))
    client.force_login(lead)
    chosen = {"action": "take_second_factor", "_selected_action": [str(tom.pk)]}
    assert "Take the second factor from 1" in client.post("/admin/auth/user/", chosen).content.decode()
    assert second_factor.has_one(tom)
    client.post("/admin/auth/user/", chosen | {"reason": "called back on his desk telephone", "sure": "yes"})
    assert not second_factor.has_one(tom)
    entry = AuditEntry.objects.get(verb="second factor removed")
    assert (entry.actor_name, entry.object_label, entry.reason) == (
        "lea",
        "tom",
        "called back on his desk telephone",
    )


def test_nobody_takes_his_own(client, rosa):
    with_second_factor(rosa)
    log_in(client)
    client.post("/second-factor/", {"code": code_of(rosa)})
    chosen = {
        "action": "take_second_factor",
        "_selected_action": [str(rosa.pk)],
        "reason": "lost",
        "sure": "yes",
    }
    client.post("/admin/auth/user/", chosen)
    assert second_factor.has_one(rosa)


def test_ones_sessions_are_listed_with_address_and_browser_and_each_can_be_ended(client, rosa):
    other = Client(REMOTE_ADDR="10.1.2.3", HTTP_USER_AGENT="Netscape 4")
    log_in(other)
    other.get("/admin/")
    log_in(client)
    page = client.get("/sessions/").content.decode()
    assert "10.1.2.3" in page
    assert "Netscape 4" in page
    client.post("/sessions/", {"session": SignIn.objects.get(address="10.1.2.3").pk})
    assert other.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("page", ["auth/user", "stores/signin"])
def test_an_administrator_ends_the_sessions_of_others_once_he_is_sure(client, rosa, page):
    tom = User.objects.create_user("tom", password=PASSWORD, is_staff=True)
    other = Client()
    log_in(other, name="tom")
    other.get("/admin/")
    log_in(client)
    (action, row) = (
        ("end_sessions", tom) if page == "auth/user" else ("end", SignIn.objects.get(user__username="tom"))
    )
    chosen = {"action": action, "_selected_action": [str(row.pk)]}
    assert "what was typed and not saved is lost" in client.post(f"/admin/{page}/", chosen).content.decode()
    assert SignIn.objects.filter(user=tom).exists()
    done = client.post(f"/admin/{page}/", chosen | {"sure": "yes"}, follow=True)
    assert "1 session ended." in done.content.decode()
    assert other.get("/admin/").status_code == 302
    assert AuditEntry.objects.get(verb="session ended").actor_name == "rosa"


def test_nobody_ends_the_session_of_somebody_else_on_his_own_page(client, rosa):
    other = Client()
    User.objects.create_superuser("tom", "tom@example.com", PASSWORD)
    log_in(other, name="tom")
    other.get("/admin/")
    log_in(client)
    client.post("/sessions/", {"session": SignIn.objects.get(user__username="tom").pk})
    assert other.get("/admin/").status_code == 200


def test_all_other_sessions_are_ended_at_once(client, rosa):
    others = [Client(), Client()]
    for each in others:
        log_in(each)
        each.get("/admin/")
    log_in(client)
    client.post("/sessions/")
    assert [each.get("/admin/").status_code for each in others] == [302, 302]
    assert client.get("/admin/").status_code == 200


def test_a_session_is_noted_at_most_once_a_minute(client, rosa):
    log_in(client)
    client.get("/sessions/")
    seen = SignIn.objects.get().last_seen_at
    client.get("/sessions/")
    assert SignIn.objects.get().last_seen_at == seen


def test_a_password_given_by_an_administrator_is_noted_and_ends_the_persons_sessions(client, rosa):
    tom = User.objects.create_user("tom", password=PASSWORD, is_staff=True)
    other = Client()
    log_in(other, name="tom")
    other.get("/admin/")
    log_in(client)
    new = {"password1": "another-Horse-88", "password2": "another-Horse-88", "usable_password": "true"}
    assert client.post(f"/admin/auth/user/{tom.pk}/password/", new).status_code == 302
    assert AuditEntry.objects.get(verb="password changed").object_label == "tom"
    assert other.get("/admin/")["Location"].startswith("/admin/login/")


def test_a_short_password_is_refused(client, rosa):
    log_in(client)
    page = client.post(
        "/admin/auth/user/add/", {"username": "tim", "password1": "short-Pw-1", "password2": "short-Pw-1"}
    )
    assert "at least 12 characters" in page.content.decode()


def test_a_login_that_came_from_nowhere_leads_to_the_first_page(client, rosa):
    response = client.post("/admin/login/", {"username": "rosa", "password": PASSWORD}, follow=True)
    assert (response.request["PATH_INFO"], response.status_code) == ("/admin/", 200)


def test_signs_that_no_name_has_are_a_failed_login_and_no_fault(client, rosa):
    assert log_in(client, name="a\0b").status_code == 200


def test_blanks_around_a_name_are_no_way_round_the_throttle(client, rosa):
    for _ in range(throttle.ATTEMPTS_PER_LOGIN):
        log_in(client, "wrong")
    assert log_in(client, name=" rosa ").status_code == 429


def test_the_key_of_a_set_up_that_was_begun_before_is_worth_nothing(client, rosa):
    log_in(client)
    first = client.get("/second-factor/set-up/").context["secret"]
    second = client.get("/second-factor/set-up/").context["secret"]
    assert first != second
    assert client.post("/second-factor/set-up/", {"code": "000000"}).context["secret"] == second


def test_new_recovery_codes_that_are_asked_for_twice_are_made_once(client, rosa):
    log_in(client)
    client.get("/second-factor/set-up/")
    client.post("/second-factor/set-up/", {"code": code_of(rosa)})
    seen = re.search(r'name="seen" value="(\w+)"', client.get("/second-factor/set-up/").content.decode())[1]
    made = client.post("/second-factor/codes/", {"seen": seen}).content.decode()
    codes = re.findall(r"<code>([0-9a-f-]{19})</code>", made)
    again = client.post("/second-factor/codes/", {"seen": seen}, follow=True).content.decode()
    assert "made since this page was opened" in again
    assert second_factor.accept(rosa, codes[0]) is not None


def test_a_set_up_that_is_sent_twice_leads_to_what_is_in_use(client, rosa):
    log_in(client)
    client.get("/second-factor/set-up/")
    form = {"code": code_of(rosa)}
    client.post("/second-factor/set-up/", form)
    assert client.post("/second-factor/set-up/", form)["Location"] == "/second-factor/set-up/"
    assert Authenticator.objects.count() == 1
