"""Pages whose rows are decoded one at a time."""

from decimal import Decimal

import pytest

from stores.miva.journal import response_text
from stores.miva.shapes import decode
from stores.miva.undecoded import Rows, decode_page, heads

ROWS = [
    b'{"id":7,"dt_updated":20,"total":24.50}',
    b'{"id":"8"}',
    b"null",
    b'"text"',
    b'{"id":[1],"notes":[{"id":3}]}',
    b'{"id":10,"total":1e99999999999999999999}',
    b'{"id":1e99999999999999999999}',
    b'{"id":11,"total":%s}' % (b"9" * 5000),
    b'{"bill_lname":"M\xfcller","id":9}',  # a byte of Windows-1252
]


def page(rows: list[bytes], success: bytes = b"1", count: bytes = b"9") -> bytes:
    listed = b'{"total_count":' + count + b',"start_offset":2,"data":[' + b",".join(rows) + b"]}"
    return b'{"success":' + success + b',"data":' + listed + b"}"


def test_a_row_is_read_as_if_the_page_had_been_decoded_at_once():
    found = decode_page(page(ROWS))
    assert isinstance(found["data"]["data"], Rows)
    whole = decode(page(ROWS))
    assert list(found["data"]["data"]) == whole["data"]["data"]
    assert {**found["data"], "data": None} == {**whole["data"], "data": None}
    assert found["data"]["data"][0] == {"id": 7, "dt_updated": 20, "total": Decimal("24.50")}
    assert found["data"]["data"][-1]["bill_lname"] == "Müller"


def test_heads_hold_number_and_time_of_change_of_each_row_in_its_place():
    rows = decode_page(page(ROWS))["data"]["data"]
    assert [head.get("id") for head in heads(rows)] == [
        *(7, "8", None, None, [1]),
        *(10, "1e99999999999999999999", 11),
        9,
    ]
    assert [head.get("dt_updated") for head in heads(rows)][:2] == [20, None]


def test_the_heads_of_plain_rows_are_the_rows():
    rows = [{"id": 1}]
    assert heads(rows) is rows


def test_a_part_of_the_rows_is_still_undecoded():
    rows = decode_page(page(ROWS))["data"]["data"]
    assert isinstance(rows[1:3], Rows)
    assert list(rows[1:3]) == [{"id": "8"}, None]


@pytest.mark.parametrize(
    "body",
    [
        page(ROWS, success=b"0"),
        page(ROWS, count=b'"9"'),
        b'{"success":1,"data":[]}',
        b'{"success":0,"error_code":"x"}',
        b"[]",
    ],
)
def test_whatever_is_no_page_in_good_order_is_decoded_at_once(body):
    assert decode_page(body) == decode(body)


@pytest.mark.parametrize("cut", [1, 10, 60, 100])
def test_a_page_that_breaks_off_is_no_page(cut):
    with pytest.raises(ValueError, match=r"."):
        decode_page(page(ROWS)[:-cut])


def test_the_journal_shows_the_first_row_and_the_ids_of_all():
    text = response_text(decode_page(page(ROWS[:2])), b"", ())
    assert text == (
        '{"success":1,"data":{"total_count":9,"start_offset":2,'
        '"data":[{"id":7,"dt_updated":20,"total":24.50}],"ids":["7","8"]}}'
    )
    one = response_text(decode_page(page(ROWS[:1])), b"", ())
    assert (
        one
        == '{"success":1,"data":{"total_count":9,"start_offset":2,"data":[{"id":7,"dt_updated":20,"total":24.50}]}}'
    )


def test_a_page_that_is_nested_too_deeply_is_no_page():
    with pytest.raises(ValueError, match="nested too deeply"):
        decode_page(page([b"[" * 100_000 + b"]" * 100_000]))
