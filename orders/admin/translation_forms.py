"""The boxes of the translation page: settings, custom field mappings, and the order on which they are tried."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from orders.admin.labels import state_words
from orders.models import CustomField, CustomFieldMapping, Order, TranslationSettings
from orders.models.translation import RULES
from orders.pasted import LONGEST, NotAnOrder, pasted_order
from orders.preview import raw_text
from stores.admin.filters import whole
from stores.models import Store

FIELDS = "known-fields"  # the list of Miva's fields that the boxes for a field offer
ORDERS = "known-orders"  # the list of orders that the box for an order's number offers
MOST_ORDERS = 10  # of those that are held, and of all
BLANK_ROWS = 2
MOST_MAPPINGS = 200
ON_STORE = ("identifier", "kits")


class TranslationForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """The settings; identifier and kits, which stand on the store, among them."""

    identifier = forms.ChoiceField(
        choices=Store.Identifier.choices,
        label="Products are known by",
        help_text="Must match what the merchant uses in Stone Edge. Where it is empty, the other one is sent, with a warning.",
    )
    kits = forms.ChoiceField(
        choices=Store.Kits.choices, help_text="Must match how the merchant has set up his kits in Stone Edge."
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)
    field_order = (*ON_STORE, *RULES)

    class Meta:
        """Every choice of the rules."""

        model = TranslationSettings
        fields = RULES
        widgets: ClassVar[dict[str, Any]] = {
            "tolerance": forms.TextInput(attrs={"inputmode": "decimal"}),
            "signifyd_field": forms.TextInput(attrs={"list": FIELDS, "autocomplete": "off"}),
        }
        error_messages: ClassVar[dict[str, Any]] = {
            "tolerance": {"invalid": "Enter an amount with a point before the cents, such as 0.02."}
        }

    def __init__(self, *args: Any, store: Store, may_change_store: bool, **kwargs: Any) -> None:
        """Show what stands on the store, too; only who may change stores can change it."""
        on_store = {name: getattr(store, name) for name in ON_STORE}
        initial = on_store | {"seen": kwargs["instance"].version}
        super().__init__(*args, **kwargs | {"initial": initial})
        for name in ON_STORE:
            self.fields[name].disabled = not may_change_store

    def changes_on_store(self) -> dict[str, str]:
        """Return what is to be changed on the store itself."""
        return {name: self.cleaned_data[name] for name in ON_STORE if name in self.changed_data}


class MappingForm(forms.Form):
    """What happens to one custom field. A row whose field is empty is none."""

    field = forms.CharField(
        required=False,
        max_length=201,
        label="Miva's field",
        help_text="Choose it from the list, or write module and code as in customfields:po_number.",
        widget=forms.TextInput(attrs={"list": FIELDS, "autocomplete": "off"}),
    )
    action = forms.ChoiceField(
        required=False,
        choices=CustomFieldMapping.Action.choices,
        label="What happens to it",
        help_text="Where its value goes.",
    )
    name = forms.CharField(
        required=False,
        max_length=100,
        label="Name in Stone Edge",
        help_text="As in its custom fields, or the label in the comments.",
    )

    def clean(self) -> dict[str, Any]:
        """Check the row as the mapping that it becomes."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("field"):
            mapping = self.mapping
            if not mapping.code.strip():
                raise ValidationError({"field": "Write Miva's field code, as in customfields:po_number."})
            try:
                mapping.full_clean(exclude=["store"])
            except ValidationError as error:
                raise ValidationError(
                    {
                        "field" if name in ("module", "code") else name: words
                        for name, words in error.message_dict.items()
                    }
                ) from error
        return given

    @cached_property
    def mapping(self) -> CustomFieldMapping:
        """The unsaved mapping, without its store."""
        module, colon, code = self.cleaned_data["field"].partition(":")
        module, code = (module, code) if colon else ("", module)
        return CustomFieldMapping(
            module=module.strip(),
            code=code.strip(),
            action=self.cleaned_data.get("action") or CustomFieldMapping.Action.RENAME,
            name=self.cleaned_data.get("name", ""),
        )


class Mappings(forms.BaseFormSet):  # type: ignore[type-arg]
    """All mappings of a store: what is not in the form is gone when it is saved."""

    def clean(self) -> None:
        """Refuse a field that stands in two rows."""
        seen: set[tuple[str, str]] = set()
        for mapping in self.mappings(Store()):
            key = mapping.module.lower(), mapping.code.lower()
            if key in seen:
                raise ValidationError(f"{mapping} stands in two rows. Keep one of them.")
            seen.add(key)

    def mappings(self, store: Store) -> list[CustomFieldMapping]:
        """Return the unsaved mappings of the valid rows, in the order of the model."""
        found = [form.mapping for form in self.forms if form.is_valid() and form.cleaned_data.get("field")]
        for mapping in found:
            mapping.store = store
        return sorted(found, key=lambda mapping: (mapping.module, mapping.code))


MappingFormSet = cast(
    type[Mappings],
    forms.formset_factory(
        MappingForm, formset=Mappings, extra=BLANK_ROWS, max_num=MOST_MAPPINGS, validate_max=True
    ),
)


def rows_of(mappings: Iterable[CustomFieldMapping]) -> list[dict[str, str]]:
    """Return mappings as the rows of the form."""
    return [{"field": str(each), "action": each.action, "name": each.name} for each in mappings]


class SampleForm(forms.Form):
    """The order on which settings are tried: one of the store's by its number, or a pasted one."""

    order = forms.CharField(
        required=False,
        max_length=18,
        label="Order number",
        help_text="Any order of this store that is here; the newest are offered, first those that are held.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "list": ORDERS, "autocomplete": "off"}),
    )
    pasted = forms.CharField(
        required=False,
        max_length=LONGEST,
        label="or an order's JSON from Miva",
        help_text="It is only looked at, never stored. Card data is removed before anything else is done with it.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "c2c-code"}),
    )

    def __init__(self, *args: Any, store: Store, **kwargs: Any) -> None:
        """Keep the store whose orders may be chosen."""
        super().__init__(*args, **kwargs)
        self.store = store
        self.raw: dict[str, Any] | None = None
        self.row: Order | None = None

    def clean_order(self) -> str:
        """Find the order, of this store and no other."""
        number = str(self.cleaned_data["order"]).strip().removeprefix("#")
        if not number:
            return ""
        if not (number.isascii() and number.isdigit()):
            raise ValidationError("An order number has digits only.")
        self.row = Order.objects.of(self.store).filter(miva_id=whole(number)).first()
        if self.row is None:
            raise ValidationError(
                f"This store has no order {number} here. Fetch it with 'Fetch a range again', or paste it."
            )
        self.row.store = self.store
        self.raw = self.row.raw
        return number

    def clean_pasted(self) -> str:
        """Read what was pasted, which comes before a number. Afterwards the form holds it without card data, and nothing else."""
        text = str(self.cleaned_data["pasted"])
        self.data = {**self.data, "pasted": ""}
        if not text.strip():
            return ""
        try:
            self.row, self.raw = None, pasted_order(text)
        except NotAnOrder as error:
            raise ValidationError(str(error)) from error
        self.data["pasted"] = raw_text(self.raw)
        return str(self.data["pasted"])


def offered(store: Store) -> list[tuple[str, str]]:
    """Return Miva's fields as value and words, for the boxes that ask for one."""
    return [
        (str(field), ", ".join(filter(None, (field.name, field.type, field.group))))
        for field in CustomField.objects.of(store)
    ]


def orders_offered(store: Store) -> list[tuple[int, str]]:
    """Return the newest orders, first those that are held, as number and words, for the box that asks for one. Two queries."""
    newest = (
        Order.objects.of(store)
        .order_by("-pk")
        .only("miva_id", "state", "cancelled", "warnings", "total", "customer")
    )
    held = newest.filter(state=Order.State.HELD)
    found = {order.miva_id: order for order in (*held[:MOST_ORDERS], *newest[:MOST_ORDERS])}
    return [(number, words_of(order)) for number, order in found.items()]


def words_of(order: Order) -> str:
    """Return the order's state, total and customer."""
    return ", ".join(filter(None, (state_words(order)[0], str(order.total), order.customer)))
