"""Copying settings from one store to another, group by group. Credentials and other secrets are in no group."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import models, transaction

from fulfillment.models import CarrierMapping, FulfillmentRules, StatusMeaning
from orders import rejudging
from orders.models import CustomFieldMapping, PaymentMapping, TranslationSettings
from orders.settings import outdate
from orders.tasks import rejudge_store
from stores.audit import note
from stores.models import Store
from stores.nudges import nudge


def nothing(store: Store) -> None:
    """Leave the store as it is."""


def judge_again(store: Store) -> None:
    """Have the store's waiting orders judged with what was copied."""
    rejudging.ask([store])
    transaction.on_commit(partial(nudge, rejudge_store, store.pk))


@dataclass(frozen=True)
class Group:
    """Settings that are copied together: fields of the store itself, one row of a table, rows of tables.

    `before` is called in the transaction before anything is written, `after` when all is.
    """

    title: str
    fields: tuple[str, ...] = ()
    single: tuple[type[models.Model], ...] = ()
    several: tuple[type[models.Model], ...] = ()
    before: Callable[[Store], None] = nothing
    after: Callable[[Store], None] = nothing

    @property
    def judges(self) -> bool:
        """Whether waiting orders are judged again when it was copied."""
        return self.after is judge_again


GROUPS: Mapping[str, Group] = {
    "strategy": Group(
        "Strategy and schedule",
        (
            *("strategy", "queue_code", "overlap_minutes", "number_overlap", "complete_only"),
            *("interval_minutes", "page_size", "requests_per_second", "catalogue_hours"),
        ),
        after=judge_again,
    ),
    "translation": Group(
        "Translation and custom fields",
        ("identifier", "kits"),
        (TranslationSettings,),
        (CustomFieldMapping,),
        before=outdate,
        after=judge_again,
    ),
    "payments": Group("Payment mappings", several=(PaymentMapping,), after=judge_again),
    "shipping": Group(
        "Status meanings, carriers and shipment choices",
        single=(FulfillmentRules,),
        several=(StatusMeaning, CarrierMapping),
    ),
    "stock": Group("Stock", ("untracked", "unknown_sku", "leave_out_undownloaded")),
}


@dataclass(frozen=True)
class Difference:
    """What copying would change in one setting, in words."""

    name: str
    before: str
    after: str


def differences(group: Group, source: Store, target: Store) -> list[Difference]:
    """Return what would change in the target, setting by setting."""
    found = [(name_of(Store, name), shown(target, name), shown(source, name)) for name in group.fields]
    for model in group.single:
        new, old = the_row(model, source), the_row(model, target)
        found += [(name_of(model, name), shown(old, name), shown(new, name)) for name in copied(model)]
    for model in group.several:
        found += rows_compared(model, source, target)
    return [Difference(*each) for each in found if each[1] != each[2]]


def rows_compared(model: type[models.Model], source: Store, target: Store) -> list[tuple[str, str, str]]:
    """Return name, former and new words of each row that one of both stores has."""
    new, old = rows_by_name(model, source), rows_by_name(model, target)
    kind = str(model._meta.verbose_name).capitalize()
    return [(f"{kind} {key}", old.get(key, "none"), new.get(key, "none")) for key in sorted({*new, *old})]


def rows_by_name(model: type[models.Model], store: Store) -> dict[str, str]:
    """Return the words of the store's rows by their names; several rows of one name together."""
    found: dict[str, str] = {}
    for row in model._default_manager.filter(store=store):
        found[str(row)] = "; ".join(filter(None, (found.get(str(row), ""), words(row))))
    return found


def copy_settings(source: Store, target: Store, names: Iterable[str]) -> list[Group]:
    """Copy the groups with these names; what the target had in them is replaced. Returns those that changed it."""
    changed = []
    for name in names:
        group = GROUPS[name]
        with transaction.atomic():
            found = differences(group, source, target)
            if found:
                write(group, source, target)
                before = {each.name: each.before for each in found}
                after = {each.name: each.after for each in found}
                note("settings copied", target, before=before, after=after, reason=origin(source, target))
                changed.append(group)
    return changed


def origin(source: Store, target: Store) -> str:
    """Return where the settings came from, for an entry that the target's merchant may read by the REST API."""
    same = source.merchant_id == target.merchant_id
    return f"from {source}" if same else f"from store {source.pk}, of another merchant"


def write(group: Group, source: Store, target: Store) -> None:
    """Write the source's settings of the group to the target."""
    group.before(target)
    if group.fields:
        Store.objects.filter(pk=target.pk).update(**values(source, group.fields))
    for model in group.single:
        row = the_row(model, source)
        model._default_manager.update_or_create(store=target, defaults=values(row, copied(model)))
    for model in group.several:
        model._default_manager.filter(store=target).delete()
        rows = model._default_manager.filter(store=source)
        model._default_manager.bulk_create(
            [model(store=target, **values(row, copied(model))) for row in rows]
        )
    group.after(target)


def the_row(model: type[models.Model], store: Store) -> models.Model:
    """Return the store's row, or one with the defaults."""
    return model._default_manager.filter(store=store).first() or model(store=store)


def copied(model: type[models.Model]) -> list[str]:
    """Return the names of the columns that a person can set."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if field.editable and not field.auto_created and field.name != "store"
    ]


def values(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return the row's values."""
    return {name: getattr(row, name) for name in names}


def words(row: models.Model) -> str:
    """Return all of a row on one line."""
    return ", ".join(
        f"{name_of(type(row), name)}: {text}" for name in copied(type(row)) if (text := shown(row, name))
    )


def shown(row: models.Model, name: str) -> str:
    """Return a value as its form shows it."""
    field = row._meta.get_field(name)
    value = getattr(row, f"get_{name}_display")() if getattr(field, "choices", None) else getattr(row, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def name_of(model: type[models.Model], name: str) -> str:
    """Return what a column is called."""
    return str(getattr(model._meta.get_field(name), "verbose_name", name))
