"""Money, numbers, dates and text at the edge (SETI §1.4, §2.2, §3.1.1)."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.seti import values
from tests.stores.seti.strategies import any_text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("12.3", "12.30"),
        ("1234567.891", "1234567.89"),
        ("0.005", "0.01"),
        ("-0.004", "0.00"),
        ("-5", "-5.00"),
        ("1E+3", "1000.00"),
        ("0E-12", "0.00"),
    ],
)
def test_money_has_two_decimals_and_a_point(amount, text):
    assert values.money(Decimal(amount)) == text


@given(st.decimals(-(10**9), 10**9, places=2))
def test_money_reads_back_as_the_same_amount(amount):
    assert Decimal(values.money(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [("35", "35.00"), ("35.5", "35.50"), ("0.333", "0.333"), ("18.00", "18.00"), ("1E+1", "10.00")],
)
def test_a_price_has_at_least_two_decimals(amount, text):
    assert values.price(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("3", "3"), ("0.750", "0.75"), ("3.00", "3"), ("1E+2", "100"), ("0.000", "0"), ("1E-7", "0.0000001")],
)
def test_a_number_has_no_exponent_and_no_trailing_zeros(amount, text):
    assert values.number(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2025, 3, 4, 0, 5, 6, tzinfo=UTC), "04-Mar-2025 12:05:06 AM"),
        (datetime(2025, 12, 31, 12, 0, 0, tzinfo=UTC), "31-Dec-2025 12:00:00 PM"),
        (datetime(2025, 3, 14, 22, 32, 40, tzinfo=UTC), "14-Mar-2025 10:32:40 PM"),
    ],
)
def test_a_date_has_a_padded_day_an_english_month_and_a_twelve_hour_clock(moment, text):
    assert values.date_text(moment) == text


@pytest.mark.parametrize(
    "text",
    [
        "2-Dec-2019",
        "02-Dec-2019",
        "2/Dec/2019",
        "02/DEC/2019",
        "02/dec/2019",
        "2-December-2019",
        "12/2/2019",
        "2019-12-02",
        "2019-12-02T23:59:59",
        "2-Dec-2019 4:05:00 PM",
        "  12/02/2019 16:05 ",
    ],
)
def test_every_form_of_a_day_is_understood(text):
    assert values.parse_date(text) == date(2019, 12, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "All",
        "31-Feb-2019",
        "2-Dez-2019",
        "13/13/2019",
        "2-Dec-19",
        "20191202",
        "2-Dec-20195",
        "0000-01-01",
    ],
)
def test_what_is_no_day_is_none(text):
    assert values.parse_date(text) is None


@given(any_text)
def test_no_text_makes_the_reading_of_a_date_fail(text):
    assert values.parse_date(text) is None or isinstance(values.parse_date(text), date)


@given(st.dates())
def test_a_day_survives_the_way_there_and_back(day):
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert values.parse_date(values.date_text(moment)) == day


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("UPS&reg; Ground", "UPS® Ground"),
        ("O&#39;Connor", "O'Connor"),
        ("&amp;reg;", "®"),
        ("a=1&copy=2 AT&T", "a=1&copy=2 AT&T"),
        ("line\r\nbreak\ttab", "line break tab"),
        ("nul\x00 and \x1a and \ud800", "nul and  and"),
        ("non\xa0breaking", "non breaking"),
        ("\u2028 \ufeffé😀", "é😀"),
    ],
)
def test_free_text_becomes_one_clean_line(text, cleaned):
    assert values.clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("one\ntwo\r\nthree", "one\r\ntwo\r\nthree"),
        ("\n one \n\n\t two\t2 \u2028", "one\r\ntwo 2"),
        ("caf&eacute;&#10;&amp; bar", "café\r\n& bar"),
        ("no break", "no break"),
    ],
)
def test_line_breaks_stay_where_the_receiver_reads_them(text, cleaned):
    assert values.clean(text, "\r\n") == cleaned


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>Bold</b> mug", "Bold mug"),
        ("&lt;sup&gt;&reg;&lt;/sup&gt;", "®"),
        ("<br/>5 < 6 > 4", "5 < 6 > 4"),
        ("<<b>b>x", "x"),
        ("<!-- hidden -->seen", "seen"),
        ("Blue<br>Large <BR/> <p class='x'>wool</p></p>&lt;br&gt;mix", "Blue Large wool mix"),
        ("<pre>kept</pre>", "kept"),
    ],
)
def test_display_text_loses_its_html(text, shown):
    assert values.plain(text) == shown


def test_what_ends_a_line_in_html_ends_one_where_the_receiver_reads_lines():
    assert values.plain("<p>First</p>\r\n<p>Second<br>third</p>", "\r\n") == "First\r\nSecond\r\nthird"


@pytest.mark.parametrize(
    "hostile",
    [
        "&" + "amp;" * 20_000,
        "<" * 20_000 + "b>" * 20_000,
        "<!--" * 20_000,
        "<br " * 20_000,
        "<br>" + " " * 20_000,
    ],
)
@pytest.mark.timeout(20)
def test_hostile_text_costs_little_time(hostile):
    assert isinstance(values.plain(hostile), str)
    assert isinstance(values.clean(hostile), str)
