"""Products, stock and customers as a desktop gets them: what is in them, and that no page moves while the catalogue changes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.utils import timezone
from lxml import etree

from inventory.models import CatalogueRefresh, Customer, Product, StockLevel
from orders.models import Job, TranslationSettings
from stores.models import Store
from stores.sandbox import SandboxStore, serve
from tests.factories import make_store, store_of
from tests.inventory.helpers import CUSTOMERS, Asking, copy, settled

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

XML_FUNCTIONS = ["downloadprods", "downloadqoh", "downloadcustomers"]
COUNTS = ["getproductscount", "getcustomerscount"]


@pytest.fixture
def desktop(store):
    return Asking(store)


def texts(product) -> dict[str, str]:
    return {child.tag: child.text for child in product if not len(child)}


def test_the_count_is_the_number_of_records_of_all_batches(store, desktop):
    copy(store)
    count = desktop.count("getproductscount")
    pages = desktop.pages("downloadprods", count, 7)
    codes = [code for page in pages for code in page]
    assert (len(codes), len(set(codes)), [len(page) for page in pages]) == (count, count, [7, 7, 7, 7, 3])


def test_past_the_end_the_answer_is_code_2(store, desktop):
    copy(store)
    count = desktop.count("getproductscount")
    for start in (count + 1, count + 50, 999_999_999):
        assert desktop.xml("downloadprods", start).findtext("Response/ResponseCode") == "2"


def test_without_a_batch_size_everything_comes_at_once(store, desktop):
    copy(store)
    assert desktop.text("downloadprods").count("<Product>") == desktop.count("getproductscount")


def test_a_batch_size_out_of_all_proportion_is_refused_by_name(store, desktop):
    copy(store)
    answer = desktop.xml("downloadprods", 1, 50_000)
    assert answer.findtext("Response/ResponseCode") == "3"
    assert "50000" in answer.findtext("Response/ResponseDescription")


def test_a_plain_product_has_what_the_reference_lists(store, desktop, sandbox):
    sandbox.inventory.by_code("mug-11")["CustomField_Values"] = {
        "customfields": {"Organic": True, "empty": ""}
    }
    copy(store)
    mug = desktop.product("mug-11")
    assert texts(mug) == {
        "Code": "mug-11",
        "WebID": "902",
        "Name": "Mug 11 oz",
        "Price": "14.00",
        "Cost": "5.60",
        "Description": "Mug 11 oz",
        "Weight": "0.9",
        "Taxable": "Yes",
        "Discontinued": "No",
        "QOH": str(sandbox.stock("mug-11")),
    }
    assert [child.tag for child in mug][-2:] == ["OptionLists", "CustomFields"]
    assert [texts(field) for field in mug.findall("CustomFields/CustomField")] == [
        {"FieldName": "Organic", "FieldValue": "Yes"}
    ]


def test_options_come_with_their_choices(store, desktop):
    copy(store)
    engraving, wrap = desktop.product("mug-11").findall("OptionLists/ProductOption")
    assert texts(engraving) == {
        "WebID": "14",
        "Name": "engraving",
        "Prompt": "Engraving",
        "Type": "text",
        "SortOrder": "14",
    }
    assert (texts(wrap)["Type"], texts(wrap)["Name"]) == ("select", "giftwrap")
    (choice,) = wrap.findall("OptionValue")
    assert texts(choice) == {"Name": "Yes, please", "Code": "yes", "Price": "4.95", "SortOrder": "71"}


def test_every_variant_is_a_record_of_its_own_and_the_master_is_none(store, desktop):
    copy(store)
    codes = desktop.codes()
    assert {"shirt-s", "shirt-m", "shirt-l", "shirt-xl"} < set(codes)
    assert not {"shirt", "hoodie", "apron"} & set(codes)


def test_a_variant_is_described_by_its_product_and_its_options(store, desktop, sandbox):
    sandbox.set_stock("shirt-l", 17)
    copy(store)
    large = texts(desktop.product("shirt-l"))
    assert (large["Name"], large["Price"], large["QOH"]) == ("Logo Shirt, Large", "22.00", "17")
    assert large["Discontinued"] == "No"  # the part product is inactive in Miva, the shirt is not
    options = desktop.product("shirt-l").xpath("OptionLists/ProductOption/Name/text()")
    assert options == ["monogram"]  # the size is decided by the SKU


def test_a_variant_of_a_product_that_is_switched_off_is_discontinued(store, desktop, sandbox):
    sandbox.inventory.by_code("shirt")["active"] = False
    copy(store)
    assert texts(desktop.product("shirt-l"))["Discontinued"] == "Yes"


def test_a_part_that_is_sold_by_itself_speaks_for_itself(store, desktop, sandbox):
    sandbox.inventory.by_code("shirt-l")["active"] = True
    copy(store)
    assert texts(desktop.product("shirt-l"))["Name"] == "Logo Shirt (Large)"


def test_a_product_whose_variants_are_kits_is_sold_under_its_own_code(store, desktop, sandbox):
    from stores.sandbox.inventory import Part, Variant

    soap, brush = (sandbox.inventory.by_code(code)["id"] for code in ("soap", "brush"))
    first, *others = sandbox.inventory.variants[900]
    kit = Variant(first.id, (Part(soap, 2), Part(brush)), first.dimensions)
    sandbox.inventory.variants[900] = [kit, *others]
    copy(store)
    shirt = desktop.product("shirt")
    assert "QOH" not in texts(shirt)
    assert shirt.xpath("OptionLists/ProductOption/Name/text()") == ["size", "monogram"]


def test_a_product_without_stock_in_miva_has_no_quantity(store, desktop):
    copy(store)
    assert "QOH" not in texts(desktop.product("ebook"))
    assert not desktop.xml("downloadqoh").xpath("/SETIProducts/Product[Code = 'ebook']")


def test_the_store_decides_whether_codes_or_skus_are_sent_and_needs_no_new_reading(store, desktop):
    copy(store)
    Store.objects.update(identifier=Store.Identifier.SKU)
    codes = desktop.codes()
    assert {"MUG-11", "SKU-SHIRT-L"} < set(codes)
    assert "ebook" in codes  # it has no SKU


def test_a_sku_that_several_products_share_has_no_quantity(store, desktop, sandbox):
    sandbox.add_product("mug-12", sku="mug-11", product_inventory=5)
    copy(store)
    Store.objects.update(identifier=Store.Identifier.SKU)
    shared = desktop.xml("downloadprods").xpath("/SETIProducts/Product[Code = 'MUG-11' or Code = 'mug-11']")
    assert [product.findtext("QOH") for product in shared] == [None, None]
    stock = desktop.codes(function="downloadqoh")
    assert not {"MUG-11", "mug-11"} & set(stock)
    Store.objects.update(identifier=Store.Identifier.CODE)
    assert desktop.product("mug-12", "downloadqoh").findtext("QOH") == "5"


def test_stock_is_code_web_id_and_quantity_also_below_zero(store, desktop, sandbox):
    sandbox.set_stock("glaze", -2)
    copy(store)
    assert texts(desktop.product("glaze", "downloadqoh")) == {"Code": "glaze", "WebID": "906", "QOH": "-2"}


def test_what_a_push_has_left_in_miva_since_the_reading_counts(store, desktop):
    copy(store)
    now, yesterday = timezone.now(), timezone.now() - timedelta(days=1)
    for number, figure, confirmed_at in ((906, 41, now), (902, 7, yesterday)):
        StockLevel.objects.create(
            store=store, product_id=number, figure=figure, at=yesterday, confirmed_at=confirmed_at
        )
    assert [desktop.product("glaze", function).findtext("QOH") for function in XML_FUNCTIONS[:2]] == [
        "41",
        "41",
    ]
    assert desktop.product("mug-11").findtext("QOH") != "7"


def test_a_batch_without_any_tracked_product_does_not_end_the_download_of_stock(store, desktop, sandbox):
    for code in ("carekit", "shinekit", "clay-10"):
        sandbox.set_stock(code, None)
    copy(store)
    pages = desktop.pages("downloadqoh", desktop.count("getproductscount"), 1)
    assert all(pages[:-1])
    tracked = {row["code"] for row in sandbox.inventory.rows.values() if row["product_inventory_active"]}
    assert {code for page in pages for code in page} == tracked


def test_names_and_texts_of_a_shop_keep_to_the_rules_of_the_wire(store, desktop, sandbox):
    sandbox.add_product(
        "odd&<1>",
        name="Mug &quot;Ünï&reg;&quot; <b>big</b>\n& more",
        descrip="<p>One</p>\r\n<ul><li>Two &amp; three</li></ul>\x07" + "x" * 9000,
        CustomField_Values={"customfields": {"care": "1 < 2 & 3\nfour"}},
    )
    copy(store)
    found = desktop.product("odd&<1>")
    assert texts(found)["Name"] == 'Mug "Ünï®" big & more'
    assert texts(found)["Description"].startswith("One Two & three")
    assert len(texts(found)["Description"]) <= 4096
    assert found.findtext("CustomFields/CustomField/FieldValue") == "1 < 2 & 3 four"


def test_pages_do_not_move_while_the_catalogue_changes(store, desktop, sandbox):
    copy(store)
    count = desktop.count("getproductscount")
    before = [desktop.codes(start, 10) for start in (1, 11)]
    for code in ("mug-11", "clay-10", "shirt"):
        sandbox.remove_product(code)
    sandbox.add_product("new-1")
    copy(store)
    settled(store)
    after = [desktop.codes(start, 10) for start in (21, 31)]
    codes = [code for page in before + after for code in page]
    assert (len(codes), len(set(codes))) == (count, count)
    assert set(codes) >= {row["code"] for row in sandbox.inventory.rows.values()} - {
        "new-1",
        "hoodie",
        "apron",
    }


def test_a_download_after_the_change_has_the_new_list(store, desktop, sandbox):
    copy(store)
    desktop.count("getproductscount")
    sandbox.remove_product("mug-11")
    sandbox.add_product("new-1")
    copy(store)
    settled(store)
    count = desktop.count("getproductscount")
    codes = desktop.codes()
    assert (len(codes), "new-1" in codes, "mug-11" in codes, codes[-1]) == (count, True, False, "new-1")


def test_the_new_list_takes_effect_only_when_it_is_committed_for_sure(store, desktop, sandbox):
    copy(store)
    sandbox.remove_product("mug-11")
    copy(store)
    assert "mug-11" in desktop.codes()
    assert Product.objects.of(store).get(code="mug-11").unlisted_at > timezone.now()


def test_a_download_without_a_count_begins_with_its_first_page(store, desktop, sandbox):
    copy(store)
    first = desktop.codes(1, 10)
    sandbox.remove_product("glaze")
    copy(store)
    settled(store)
    second = desktop.codes(11, 10)
    assert not set(first) & set(second)
    assert desktop.codes(1, 10) == first


def test_a_first_page_long_after_a_count_begins_a_download_of_its_own(store, desktop, sandbox):
    copy(store)
    desktop.count("getproductscount")
    sandbox.remove_product("glaze")
    copy(store)
    settled(store)
    login = store.desktops.get()
    cache.set(f"catalogue-download:{login.pk}:products", timezone.now() - timedelta(minutes=10), 600)
    assert "glaze" not in desktop.codes()


def test_desktops_of_one_store_download_each_for_itself(store, desktop, sandbox):
    copy(store)
    count = desktop.count("getproductscount")
    sandbox.remove_product("glaze")
    copy(store)
    settled(store)
    assert Asking(store).count("getproductscount") == count - 1
    assert len(desktop.codes(2)) == count - 1  # its own list, without the first


def test_without_a_cache_a_download_still_works(store, desktop, settings):
    copy(store)
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0", "OPTIONS": {}}
    }
    assert desktop.count("getproductscount") == len(desktop.codes())


@pytest.mark.parametrize("function", COUNTS)
def test_before_the_first_complete_reading_a_count_says_that_it_is_on_its_way(store, desktop, function):
    answer = desktop.text(function)
    assert answer.startswith("SETIError: The ")
    assert "for the first time. Try again in a few minutes." in answer


@pytest.mark.parametrize("function", XML_FUNCTIONS)
def test_before_the_first_complete_reading_a_download_is_no_empty_list(store, desktop, function):
    answer = desktop.xml(function)
    assert answer.findtext("Response/ResponseCode") == "3"
    assert "Try again in a few minutes" in answer.findtext("Response/ResponseDescription")


def test_half_a_first_reading_is_not_given_away(store, desktop):
    job = CatalogueRefresh.objects.create(store=store, kind="products", state=Job.State.RUNNING)
    Product.objects.create(store=store, miva_id=1, code="a", read_at=timezone.now(), seen_by=job.pk)
    assert desktop.xml("downloadprods").findtext("Response/ResponseCode") == "3"


def test_a_first_reading_that_fails_says_why(store, desktop, sandbox):
    CatalogueRefresh.objects.create(
        store=store,
        kind=CUSTOMERS,
        problem="The token may not use CustomerList_Load_Query.",
        remedy="Grant it.",
    )
    assert desktop.text("getcustomerscount") == (
        "SETIError: The customers could not be fetched from Miva yet: "
        "The token may not use CustomerList_Load_Query. Grant it."
    )


def test_a_store_that_sells_nothing_is_an_empty_list(store, desktop, sandbox):
    sandbox.inventory.rows.clear()
    sandbox.accounts.rows.clear()
    copy(store)
    copy(store, CUSTOMERS)
    assert [desktop.count(function) for function in COUNTS] == [0, 0]
    assert [desktop.xml(function).findtext("Response/ResponseCode") for function in XML_FUNCTIONS] == [
        "2"
    ] * 3


def test_a_customer_has_both_addresses_and_no_password(store, desktop, sandbox):
    sandbox.accounts.rows.clear()
    sandbox.add_customer(
        "ana@example.com",
        id=3307,
        pw_email="login@example.com",
        bill_fname="Ana",
        bill_lname="Prieto",
        bill_comp="Prieto & Daughters",
        bill_phone="555-010-2000",
        bill_addr1="12 Quay Road",
        bill_addr2="Unit 4",
        bill_city="Harbor",
        bill_state="pa",
        bill_zip="19010",
        bill_cntry="us",
        ship_fname="Luis",
        ship_addr1="7 Mill Lane",
        ship_state="Bavaria",
        ship_fax="1",
        CustomField_Values={"customfields": {"Newsletter": "Yes"}},
    )
    copy(store, CUSTOMERS)
    (customer,) = desktop.xml("downloadcustomers").findall("Customer")
    assert etree.tostring(customer).decode() == (
        "<Customer><WebID>3307</WebID><UserName>ana@example.com</UserName>"
        "<BillAddr><FirstName>Ana</FirstName><LastName>Prieto</LastName><Company>Prieto &amp; Daughters</Company>"
        "<Phone>555-010-2000</Phone><Email>login@example.com</Email>"
        "<Address><Addr1>12 Quay Road</Addr1><Addr2>Unit 4</Addr2><City>Harbor</City><State>PA</State>"
        "<Zip>19010</Zip><Country>US</Country></Address></BillAddr>"
        "<ShipAddr><FirstName>Luis</FirstName><Fax>1</Fax>"
        "<Address><Addr1>7 Mill Lane</Addr1><State>Bavaria</State></Address></ShipAddr>"
        "<CustomFields><CustomField><FieldName>Newsletter</FieldName><FieldValue>Yes</FieldValue></CustomField>"
        "</CustomFields></Customer>"
    )


def test_a_customer_without_a_billing_address_is_billed_where_it_is_sent(store, desktop, sandbox):
    sandbox.accounts.rows.clear()
    sandbox.add_customer("mei", bill_email="mei@example.com", ship_fname="Mei", ship_addr1="7 Mill Lane")
    sandbox.add_customer("", id=900)
    copy(store, CUSTOMERS)
    mei, blank = desktop.xml("downloadcustomers").findall("Customer")
    assert mei.findtext("BillAddr/Address/Addr1") == "7 Mill Lane"
    assert mei.findtext("BillAddr/Email") == "mei@example.com"
    assert (blank.findtext("BillAddr"), blank.find("ShipAddr")) == (" ", None)


def test_customers_are_counted_and_paged_alike(store, desktop, sandbox):
    for number in range(25):
        sandbox.add_customer(f"shopper-{number}")
    copy(store, CUSTOMERS)
    count = desktop.count("getcustomerscount")
    ids = [each for page in desktop.pages("downloadcustomers", count, 10) for each in page]
    assert sorted(map(int, ids)) == sorted(sandbox.accounts.rows)
    assert count == Customer.objects.of(store).count()


def test_a_desktop_gets_nothing_of_another_merchant(store, desktop):
    copy(store)
    copy(store, CUSTOMERS)
    other_shop = SandboxStore(seed=9)
    other_shop.inventory.rows.clear()
    with serve(other_shop) as server:
        other = store_of(other_shop, server)
        stranger = Asking(other)
        assert "for the first time" in stranger.text("getproductscount")
        copy(other)
        copy(other, CUSTOMERS)
    for function in XML_FUNCTIONS:
        assert stranger.xml(function).findtext("Response/ResponseCode") == "2"
    assert [stranger.count(function) for function in COUNTS] == [0, 0]


@pytest.mark.parametrize("function", [*COUNTS, *XML_FUNCTIONS])
def test_without_the_right_password_nothing_is_told(store, function):
    copy(store)
    desktop = Asking(make_store())
    desktop.password = "wrong"
    assert "Invalid user name, password or store code" in desktop.text(function)


def test_prices_have_at_least_two_decimals_and_keep_what_miva_has(store, desktop, sandbox):
    sandbox.inventory.by_code("glaze")["price"] = Decimal("18.5")
    copy(store)
    assert [texts(desktop.product(code))["Price"] for code in ("glaze", "sticker")] == ["18.50", "0.333"]


def test_texts_are_in_ascii_and_in_lines_where_the_store_wants_its_orders_so(store, desktop, sandbox):
    sandbox.add_product("vase", name="Größe Café", descrip="First line<br>\r\nSecond line", sku="VASE")
    copy(store)
    settled(store)
    TranslationSettings.objects.create(store=store, ascii_only=True, line_breaks="crlf")
    answer = desktop.text("downloadprods", startnum=1, batchsize=500)
    assert "<Name>Grosse Cafe</Name>" in answer
    assert "<Description>First line\r\nSecond line</Description>" in answer
    assert answer.isascii()
    TranslationSettings.objects.update(ascii_only=False, line_breaks="space")
    answer = desktop.text("downloadprods", startnum=1, batchsize=500)
    assert "<Name>Größe Café</Name>" in answer
    assert "<Description>First line Second line</Description>" in answer


def test_a_sku_is_never_transliterated_for_it_comes_back(store, desktop, sandbox):
    for sku, stock in (("VASE-Ü", 3), ("VASE-U", 4)):
        sandbox.add_product(sku.casefold(), name="Größe", sku=sku, product_inventory=stock)
    store.identifier = "sku"
    store.save()
    copy(store)
    settled(store)
    TranslationSettings.objects.create(store=store, ascii_only=True)
    told = {
        str(each.findtext("Code")): each.findtext("QOH")
        for each in desktop.xml("downloadqoh").findall("Product")
    }
    assert (told["VASE-Ü"], told["VASE-U"]) == ("3", "4")
    product = desktop.product("VASE-Ü")
    assert product.findtext("Name") == "Grosse"
    answer = desktop.text("invupdate", update=f"{product.findtext('Code')}~-1")
    assert answer == "SETIResponse=OK;SKU=VASE-Ü;QOH=2;NOTE="


def test_customers_are_in_ascii_where_the_store_wants_its_orders_so(store, desktop, sandbox):
    copy(store, CUSTOMERS)
    settled(store)
    Customer.objects.of(store).update(billing={"fname": "Jürgen", "addr1": "Straße 1", "city": "Köln"})
    TranslationSettings.objects.create(store=store, ascii_only=True)
    answer = desktop.text("downloadcustomers", startnum=1, batchsize=500)
    assert "<FirstName>Jurgen</FirstName>" in answer
    assert "Strasse 1" in answer
