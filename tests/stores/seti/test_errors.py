"""The sentence that the desktop shows (SETI §1.5)."""

from stores.seti.errors import SetiError


def test_a_message_becomes_one_line_of_ascii():
    assert SetiError("Größe\r\n  is \x00 wrong").message == "Gr??e is wrong"
