"""What Stone Edge sends, and what could be sent instead (SETI §1.1, §1.2)."""

from datetime import date
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.seti.errors import SetiError
from stores.seti.requests import parse

FORM = "application/x-www-form-urlencoded"
ASKED = (
    b"setifunction=downloadorders&setiuser=seom&password=s3cret%21&code=main"
    b"&lastorder=1041&lastdate=13-Mar-2025"
)


def test_the_fields_of_the_form_are_read():
    request = parse(ASKED, FORM)
    assert (request.function, request.user, request.password, request.code) == (
        "downloadorders",
        "seom",
        "s3cret!",
        "main",
    )
    assert (request.last_order, request.last_date) == ("1041", date(2025, 3, 13))


def test_the_function_counts_in_any_case_but_names_as_written():
    request = parse(b"setifunction=SendVersion&SetiUser=x", FORM)
    assert (request.function, request.user) == ("sendversion", "")


def test_the_body_wins_over_the_query_string():
    request = parse(b"setiuser=body&code=", FORM, "setiuser=query&code=query&password=p")
    assert (request.user, request.code, request.password) == ("body", "", "p")


def test_the_last_of_a_repeated_name_wins():
    assert parse(b"code=a&code=b", FORM).code == "b"


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded; charset=utf-8"]
)
def test_the_content_type_does_not_matter_for_a_form(content_type):
    assert parse(ASKED, content_type).user == "seom"


def test_a_multipart_form_is_read_too():
    body = (
        b'--xYz\r\nContent-Disposition: form-data; name="setifunction"\r\n\r\nordercount\r\n'
        b'--xYz\r\nContent-Disposition: form-data; name="update"\r\n\r\nline 1\r\nline 2\r\n--xYz--\r\n'
    )
    request = parse(body, 'multipart/form-data; boundary="xYz"')
    assert (request.function, request.get("update")) == ("ordercount", "line 1\r\nline 2")


def test_a_multipart_form_without_a_boundary_is_refused():
    with pytest.raises(SetiError, match="boundary"):
        parse(ASKED, "multipart/form-data")


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_text_is_utf_8_and_otherwise_windows_1252(charset):
    body = b"setiuser=" + quote_plus("Renée – €".encode(charset)).encode() + b"&code=" + "é".encode(charset)
    request = parse(body, FORM)
    assert (request.user, request.code) == ("Renée – €", "é")


def test_one_byte_that_is_no_utf_8_decides_for_the_whole_body():
    assert parse(b"setiuser=%C3%A9&code=%E9", FORM).user == "Ã©"


@pytest.mark.parametrize("value", ["", "All", "ALL", "all", " All "])
def test_all_means_no_last_order_and_no_last_date(value):
    request = parse(urlencode({"lastorder": value, "lastdate": value}).encode(), FORM)
    assert (request.last_order, request.last_date, request.notes) == (None, None, ())


def test_a_garbage_date_counts_as_absent_and_is_noted():
    request = parse(b"lastdate=yesterday", FORM)
    assert request.last_date is None
    assert request.notes == ("lastdate 'yesterday' is not a date and was ignored.",)


@pytest.mark.parametrize("value", ["0", "-1", "abc", "1.5", "9" * 5000, "\u0663", "+3"])
def test_garbage_paging_falls_back_and_is_noted(value):
    request = parse(urlencode({"startnum": value, "batchsize": value}).encode(), FORM)
    assert (request.start_number, request.batch_size) == (1, None)
    assert len(request.notes) == 2


def test_paging_is_read():
    request = parse(b"startnum=51&batchsize=50", FORM)
    assert (request.start_number, request.batch_size) == (51, 50)


def test_missing_paging_means_everything_from_the_first():
    assert (parse(b"", FORM).start_number, parse(b"", FORM).batch_size) == (1, None)


def test_a_body_beyond_the_limit_is_refused():
    with pytest.raises(SetiError, match="at most 10 are accepted"):
        parse(b"setifunction=x", FORM, longest_body=10)


@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data; boundary=b"])
def test_too_many_parameters_are_refused(content_type):
    body = b"a=1&" * 50 if content_type == FORM else b'--b\r\nname="a"\r\n\r\n1\r\n' * 50
    with pytest.raises(SetiError, match="more than 20 parameters"):
        parse(body, content_type, most_parameters=20)


def test_a_query_string_beyond_the_limit_is_refused():
    with pytest.raises(SetiError, match="query string"):
        parse(b"", FORM, "a" * 20_000)


def test_neither_the_journal_nor_the_repr_shows_password_and_key():
    request = parse(ASKED + b"&dkey=k3y&Password=typo", FORM)
    for text in (request.redacted(), repr(request), str([request])):
        assert "setiuser=seom" in text
        assert not any(secret in text for secret in ("s3cret", "k3y", "typo"))


def test_a_password_sent_in_a_wrong_shape_is_not_shown_either():
    request = parse(b'{"setiuser": "seom", "password": "s3cret"}', "application/json")
    assert "s3cret" not in repr(request)


def test_zero_bytes_are_taken_out_of_values():
    assert parse(b"lastorder=10%0042", FORM).last_order == "1042"


@given(
    st.binary(max_size=300)
    | st.builds(lambda *parts: b"".join(parts), *[st.sampled_from([b"a=1", b"&", b"%", b"%E9"])] * 6),
    st.sampled_from(["", FORM, "multipart/form-data; boundary=a", "multipart/x"]) | st.text(max_size=30),
    st.text(max_size=50),
)
def test_arbitrary_bytes_are_read_or_refused_with_a_seti_error(body, content_type, query_string):
    try:
        request = parse(body, content_type, query_string, longest_body=200, most_parameters=20)
    except SetiError:
        return
    assert request.start_number >= 1
    assert isinstance(request.redacted(), str)
    assert all(isinstance(note, str) for note in request.notes)


@given(
    st.dictionaries(
        st.sampled_from(["setiuser", "code", "update", "lastorder"]),
        st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    )
)
def test_what_was_sent_is_read_back(sent):
    assert parse(urlencode(sent).encode(), FORM).parameters == sent
