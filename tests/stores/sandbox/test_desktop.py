"""The desktop asks as Stone Edge does and stumbles where it might (SETI reference §1.4, §5.1)."""

from urllib.parse import parse_qs

import httpx
import pytest

from stores.sandbox.desktop import Desktop
from stores.sandbox.desktop_replies import DECLARATION, DesktopError, read_orders

RESPONSE = "<Response><ResponseCode>{}</ResponseCode><ResponseDescription>{}</ResponseDescription></Response>"
ORDER = (
    "<Order><OrderNumber>{number}</OrderNumber><OrderDate>{date}</OrderDate>"
    "<Billing><FullName>Zoë O&apos;Connor &amp; Co</FullName></Billing>"
    "<Shipping><FullName>Zoë</FullName></Shipping>"
    "<Totals><ProductTotal>5.00</ProductTotal><GrandTotal>5.00</GrandTotal></Totals></Order>"
)


def order(number, date="02-Dec-2019 9:05:00 AM"):
    return ORDER.format(number=number, date=date)


def document(*orders, code=1, text="success"):
    return f"{DECLARATION}<SETIOrders>{RESPONSE.format(code, text)}{''.join(orders)}</SETIOrders>"


class Script:
    """A cart's script with orders and a memory of what it was asked."""

    def __init__(self, *numbers):
        self.numbers = [str(number) for number in numbers]
        self.asked = []

    def __call__(self, request):
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        form = {
            name: values[0]
            for name, values in parse_qs(request.content.decode(), keep_blank_values=True).items()
        }
        self.asked.append(form)
        return httpx.Response(200, text=getattr(self, form["setifunction"])(form))

    def after(self, form):
        known = form["lastorder"] in self.numbers
        return self.numbers[self.numbers.index(form["lastorder"]) + 1 :] if known else self.numbers

    def sendversion(self, form):
        return "SETIResponse: version=1.000"

    def ordercount(self, form):
        return f"SETIResponse: ordercount={len(self.after(form))}"

    def downloadorders(self, form):
        start, size = int(form["startnum"]), int(form["batchsize"])
        page = self.after(form)[start - 1 : start - 1 + size]
        return document(*map(order, page)) if page else document(code=2)


@pytest.fixture
def script():
    return Script(*range(101, 108))


@pytest.fixture
def desktop(script):
    with httpx.Client(transport=httpx.MockTransport(script)) as http:
        yield Desktop("http://cart.example.com/seti/", "seom", "s3cret!", "main", batch_size=3, http=http)


def answering(text, status=200):
    http = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(status, text=text)))
    return Desktop("http://cart.example.com/seti/", "seom", "s3cret!", http=http)


def test_the_version_is_asked_without_credentials(desktop, script):
    assert desktop.version() == "1.000"
    assert script.asked == [{"setifunction": "sendversion", "omversion": "7.500"}]


def test_the_first_count_asks_for_everything(desktop, script):
    assert desktop.count() == 7
    assert script.asked[0] == {
        "setifunction": "ordercount",
        "setiuser": "seom",
        "password": "s3cret!",
        "code": "main",
        "lastorder": "All",
        "lastdate": "All",
        "omversion": "7.500",
    }


def test_pages_are_asked_until_the_count_is_covered(desktop, script):
    pages = list(desktop.orders())
    assert [[each.number for each in page.orders] for page in pages] == [
        ["101", "102", "103"],
        ["104", "105", "106"],
        ["107"],
    ]
    assert [form.get("startnum") for form in script.asked] == [None, "1", "4", "7"]
    assert {form["batchsize"] for form in script.asked[1:]} == {"3"}


def test_code_2_ends_the_download(desktop, script):
    script.ordercount = lambda form: "SETIResponse: ordercount=99"
    assert [len(page.orders) for page in desktop.orders()] == [3, 3, 1]


def test_an_import_keeps_numbers_and_asks_for_later_orders_next_time(desktop, script):
    assert desktop.import_orders() == script.numbers
    script.numbers.append("90")
    assert desktop.import_orders() == ["90"]
    last = script.asked[-1]
    assert (last["lastorder"], last["lastdate"]) == ("107", "2-Dec-2019")
    assert desktop.imported.numbers[-2:] == ["107", "90"]


def test_an_order_that_is_here_already_is_skipped(desktop, script):
    desktop.import_orders()
    desktop.imported.last_order = "All"
    assert desktop.import_orders() == []
    assert len(desktop.imported.numbers) == 7


def test_nothing_new_sends_no_download(desktop, script):
    desktop.import_orders()
    script.asked.clear()
    assert desktop.import_orders() == []
    assert [form["setifunction"] for form in script.asked] == ["sendversion", "ordercount"]


def test_values_are_read_with_their_entities_resolved():
    [found] = read_orders(document(order(5))).orders
    assert found.value("FullName") == "Zoë O'Connor & Co"
    assert found.value("Company") == ""


@pytest.mark.parametrize(
    ("date", "last_date"),
    [
        ("02-Dec-2019 9:05:00 AM", "2-Dec-2019"),
        ("Jun/10/2003 00:00:00", "10-Jun-2003"),
        ("2014-05-08 10:32:40", "8-May-2014"),
    ],
)
def test_dates_go_back_unpadded(date, last_date):
    assert read_orders(document(order(5, date))).orders[0].last_date == last_date


def test_an_empty_list_is_code_2():
    assert read_orders(document(code=2)).orders == ()


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("SETIError: Access denied", "The script refused: Access denied"),
        (document(code=3, text="Access denied"), "The script refused: Access denied"),
        (document(), "does not go with 0 orders"),
        (document(order(1), code=2), "does not go with 1 orders"),
        (document(order(1)).replace(DECLARATION, ""), "does not begin with"),
        ("\ufeff" + document(order(1)), "does not begin with"),
        (document(order(1)).replace("SETIOrders", "SETIProducts"), "The root element is not SETIOrders"),
        (document(order(1)).replace("<Totals>", "<Totals\n>"), "it has a line break inside"),
        (document(order(1)).replace("<Totals>", "<Other/><Totals>"), "it closes itself"),
        (document(order(1)).replace("<Totals>", '<Totals kind="x">'), "it has attributes"),
        (document(order(1)).replace("<Totals>", "<!-- x --><Totals>"), "comments, CDATA"),
        (document(order(1)).replace("5.00</GrandTotal>", "<![CDATA[5.00]]></GrandTotal>"), "comments, CDATA"),
        (document(order(1)).replace("><", ">\n<"), "line breaks between elements"),
        (document(order(1)).replace("&amp;", "&reg;"), "not one of the five of XML"),
        (document(order(1)).replace("&amp;", "&"), "not one of the five of XML"),
        (document(order(1)).replace("</Totals>", "</Total>"), "not well-formed"),
        (document(order(1)).replace("Zoë", "Zo\x0be"), "not well-formed"),
        (document(order("")), "An order has no number"),
        (document(order(1)).replace("GrandTotal", "BigTotal"), "There is no <GrandTotal> in order 1"),
        (document(order(1, "yesterday")), "'yesterday' has no form that the program reads"),
        (document(order(1), code="x"), "'x' is not a whole number"),
    ],
)
def test_a_reply_that_breaks_a_rule_is_an_error_with_the_reply(reply, reason):
    with pytest.raises(DesktopError, match=reason) as raised:
        read_orders(reply)
    assert raised.value.reply == reply


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("SETIError: no", 200, "Expected “SETIResponse: ordercount=…”"),
        ("SETIResponse: ordercount=many", 200, "'many' is not a whole number"),
        ("<html>", 500, "answered HTTP 500"),
        ("", 302, "answered HTTP 302"),
    ],
)
def test_a_count_that_is_none_is_an_error(text, status, reason):
    with pytest.raises(DesktopError, match=reason):
        answering(text, status).count()


def test_no_answer_is_an_error_too():
    def broken(request):
        raise httpx.ReadTimeout("timed out", request=request)

    desktop = Desktop(
        "http://cart.example.com/", "a", "b", http=httpx.Client(transport=httpx.MockTransport(broken))
    )
    with pytest.raises(DesktopError, match="did not answer: timed out"):
        desktop.version()
