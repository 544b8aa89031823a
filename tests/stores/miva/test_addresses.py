import pytest

from stores.miva.addresses import check_endpoint, is_public

GOOD = "https://www.example.com/mm5/json.mvc"
LOOPBACKS = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "127.255.0.9"]
PRIVATE = [
    "10.0.0.1",
    "192.168.1.1",
    "172.16.9.9",
    "169.254.169.254",
    "fd00::1",
    "fe80::1%eth0",
    "100.64.0.1",
]
ODD = [
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
]


def resolver(*addresses: str) -> object:
    return lambda host, port: list(addresses)


@pytest.mark.parametrize("address", LOOPBACKS + PRIVATE + ODD)
def test_addresses_of_no_public_host_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14"])
def test_addresses_of_public_hosts_are_public(address: str) -> None:
    assert is_public(address)


def test_a_public_https_endpoint_is_accepted() -> None:
    check_endpoint(GOOD, resolver=resolver("93.184.215.14", "2606:2800:21f:cb07::1"))  # type: ignore[arg-type]


@pytest.mark.parametrize("address", LOOPBACKS + PRIVATE + ODD)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="private network"):
        check_endpoint(GOOD, resolver=resolver("93.184.215.14", address))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://www.example.com/mm5/json.mvc", "https://"),
        ("ftp://www.example.com/", "https://"),
        ("www.example.com/mm5/json.mvc", "https://"),
        ("https:///mm5/json.mvc", "whole web address"),
        ("https://www.example.com/mm5/json mvc", "whole web address"),
        ("https://www.example.com\\@10.0.0.1/", "whole web address"),
        ("https://user:pass@www.example.com/mm5/json.mvc", "user name"),
        ("https://www.example.com/mm5/json.mvc#top", "# part"),
        ("https://127.0.0.1/json.mvc", "private network"),
        ("https://[::1]/json.mvc", "private network"),
        ("https://[::ffff:10.0.0.1]/json.mvc", "private network"),
        ("https://www.example.com:port/", "not a web address"),
        ("https://[::1/", "not a web address"),
    ],
)
def test_an_endpoint_of_the_wrong_form_is_refused_in_a_sentence(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_endpoint(url, resolver=resolver("93.184.215.14"))  # type: ignore[arg-type]


def test_a_name_that_does_not_exist_is_refused_in_a_sentence() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(ValueError, match=r"The name www\.example\.com cannot be found"):
        check_endpoint(GOOD, resolver=unknown)


def test_a_number_that_the_system_reads_as_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"leads to 127\.0\.0\.1"):
        check_endpoint("https://2130706433/json.mvc")


def test_the_switch_for_private_hosts_lets_a_sandbox_in() -> None:
    check_endpoint("http://127.0.0.1:8000/mm5/json.mvc", allow_private=True, allow_http=True)


def test_the_switch_for_http_lets_no_private_address_in() -> None:
    check_endpoint("http://93.184.215.14/mm5/json.mvc", allow_http=True)
    for url in ("http://127.0.0.1/json.mvc", "http://2130706433/json.mvc"):
        with pytest.raises(ValueError, match="private network"):
            check_endpoint(url, allow_http=True)


def test_the_switch_for_private_hosts_lets_no_http_in() -> None:
    check_endpoint("https://127.0.0.1:8000/mm5/json.mvc", allow_private=True)
    with pytest.raises(ValueError, match="https://"):
        check_endpoint("http://127.0.0.1:8000/mm5/json.mvc", allow_private=True)


def test_the_switch_for_private_hosts_does_not_let_nonsense_in() -> None:
    with pytest.raises(ValueError, match="user name"):
        check_endpoint("http://user@127.0.0.1:8000/mm5/json.mvc", allow_private=True, allow_http=True)
