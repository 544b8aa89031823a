"""Reading the XML that Stone Edge sends in the parameter `update` (SETI reference §2.11)."""

import re

from lxml import etree

from stores.seti.errors import SetiError

_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)")
_COMMENTS = re.compile(r"<Comments\b[^>]*?(?:/>|>.*?</Comments\s*>)", re.IGNORECASE | re.DOTALL)
_DECLARATION = re.compile(r"\A<\?xml\b[^>]*\?>")
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def parsed(document: str) -> "etree._Element":
    """The root of a document: strictly first, then without what is known to break documents. Never a DTD, never an entity of
    its own. Raises SetiError."""
    if not document.startswith("<"):
        raise SetiError("The parameter update holds no XML: it does not begin with <.")
    if _DOCTYPE.search(document):
        raise SetiError("The XML has a DOCTYPE, which is not accepted. Send it without.")
    try:
        return _strictly(document)
    except etree.XMLSyntaxError:
        pass
    mended = _BARE_AMPERSAND.sub("&amp;", _COMMENTS.sub("", _FORBIDDEN.sub("", document)))
    try:
        return _strictly(mended)
    except etree.XMLSyntaxError as error:
        raise SetiError(f"The XML cannot be read: {error.msg}.") from None


def children(element: "etree._Element", name: str) -> list["etree._Element"]:
    """The direct children of this name, in any case."""
    return [child for child in element if name_of(child) == name]


def name_of(element: "etree._Element") -> str:
    """The element's name in lower case, without its namespace."""
    tag = element.tag
    return etree.QName(tag).localname.lower() if isinstance(tag, str) else ""


def text_of(element: "etree._Element", name: str) -> str:
    """The trimmed text of the first child of this name, that of its own children included."""
    found = next(iter(children(element, name)), None)
    return "" if found is None else "".join(map(str, found.itertext())).strip()


def _strictly(document: str) -> "etree._Element":
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(_DECLARATION.sub("", document).encode("utf-8", "replace"), parser)
