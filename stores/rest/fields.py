"""What is read and written: JSON's own types as they are, money as text, times in UTC (RFC 3339)."""

import copy
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as ModelInvalid
from django.db import models
from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.utils import json
from rest_framework.utils.encoders import JSONEncoder

from stores.rest.problems import Refused, Unruly

BIGGEST = 2**63 - 1
NO_MOMENT = "'{value}' is no moment. Write it like 2026-11-21T15:30:00Z, with its offset."


def moment(text: str) -> datetime | None:
    """Return a moment with its offset (RFC 3339) in UTC, None for anything else."""
    try:
        found = parse_datetime(text)
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


class Text(serializers.CharField):
    """A string; a number is not taken for one."""

    def __init__(self, **options: Any) -> None:
        """Keep blanks as they come."""
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> Any:
        """Return the text. Raises ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number, and no text that looks like one."""

    def __init__(self, **options: Any) -> None:
        """Keep within what a row can hold."""
        super().__init__(**{"min_value": -BIGGEST, "max_value": BIGGEST} | options)

    def to_internal_value(self, data: Any) -> Any:
        """Return the number. Raises ValidationError."""
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    """True or false, and no word for them."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the value. Raises ValidationError."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Moment(serializers.DateTimeField):
    """A moment with its offset (RFC 3339); told in UTC."""

    def to_internal_value(self, value: Any) -> datetime:
        """Return the moment in UTC. Raises ValidationError."""
        found = moment(value) if isinstance(value, str) else None
        if found is None:
            raise serializers.ValidationError(NO_MOMENT.format(value=str(value)[:40]), "invalid")
        return found


class Body(serializers.Serializer[Any]):
    """What is sent to us. A member that nobody knows is refused: a misspelt one would be lost without a word."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the members. Raises ValidationError naming those that are not known."""
        if isinstance(data, dict) and (unknown := sorted(set(map(str, data)) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                {
                    name[:80]: [f"There is no such member. Known are: {known or 'none'}."]
                    for name in unknown[:20]
                }
            )
        return super().to_internal_value(data)


class Nothing(Body):
    """A body in which nothing need be said."""


class Told(serializers.ModelSerializer[Any]):
    """A row as it is told; with `fields` in the context only these of its members."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the members that were asked for."""
        found = super().get_fields()
        chosen = self.context.get("fields")
        parent = self.parent
        outermost = parent is None or (
            isinstance(parent, serializers.ListSerializer) and parent.parent is None
        )
        return {name: found[name] for name in chosen} if chosen and outermost else found


class Edited(Body, Told):
    """A row that is told and changed, by the rules of its model."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.BooleanField: YesNo,
        models.PositiveSmallIntegerField: Whole,
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the members as the model keeps them. Raises Unruly, and Refused for what is there already."""
        row: Any = copy.copy(self.instance)
        if row is None:
            model: Any = self.Meta.model
            row = model(store=self.context["view"].store)
        for name, value in attrs.items():
            setattr(row, name, value)
        try:
            row.clean_fields()
            row.clean()
        except ModelInvalid as error:
            raise Unruly(error.message_dict if hasattr(error, "error_dict") else error.messages) from error
        try:
            row.validate_constraints()
        except ModelInvalid as error:
            raise Refused("conflict", " ".join(error.messages)) from error
        return {name: getattr(row, name) for name, field in self.fields.items() if not field.read_only}


def as_json(data: Any) -> str:
    """Return an answer's data as JSON."""
    return json.dumps(data, cls=JSONEncoder, separators=(",", ":"))
