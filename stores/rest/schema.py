"""How the REST API describes itself (OpenAPI 3.1): what the framework cannot see is added here, for all resources alike."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from rest_framework.serializers import ListSerializer

from stores.rest.fields import Told
from stores.rest.idempotency import LONGEST, SHAPE
from stores.rest.paging import parameter
from stores.rest.problems import KINDS, MEDIA_TYPE

FOR_ALL = ("unauthenticated", "scope", "not-acceptable", "rate", "fault")
EXAMPLES: dict[str, Any] = {
    "invalid": {
        "detail": "#/lines/0/quantity: A valid integer is required.",
        "errors": [
            {
                "pointer": "#/lines/0/quantity",
                "detail": "A valid integer is required.",
                "code": "invalid",
            }
        ],
    },
    "not-found": {"detail": "There is no store 'acme-web' that this token may know of."},
    "scope": {"detail": "This needs the scope orders:write; the token has orders:read."},
}
ERROR = {
    "type": "object",
    "required": ["detail", "code"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON pointer into the body."},
        "parameter": {"type": "string", "description": "Name of the query parameter."},
        "detail": {"type": "string"},
        "code": {"type": "string"},
    },
}
SHARED = ("StoreViewSet", "EditableViewSet")  # whose methods speak of rows in general
PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457). `type` is stable; its address says what to do.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemError"}},
    },
}
HEADERS = {
    "unauthenticated": {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
    "rate": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds.", "required": True}},
    "method": {"Allow": {"schema": {"type": "string"}, "required": True}},
}


class PortalSchema(AutoSchema):
    """One operation: with the errors that it can have, and the headers that belong to it."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation."""
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        if parameters := [*self.understood(operation), *self.own_parameters()]:
            operation["parameters"] = sorted(parameters, key=lambda each: each["in"] != "path")
        if self.etagged():
            for code, answer in operation["responses"].items():
                if code in ("200", "201"):
                    answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
        if getattr(self.view, "deprecated_at", None):
            operation["deprecated"] = True
        for name in self.problems(operation):
            reference = {"$ref": f"#/components/responses/{component(name)}"}
            operation["responses"].setdefault(str(KINDS[name].status), reference)
        return operation

    def get_tags(self) -> list[str]:
        """Return the resource that the operation belongs to."""
        names = [part for part in self.path.split("/") if part and not part.startswith("{")]
        return names[3:4] or names[2:3]  # below /api/v1/stores/{store}/

    def get_description(self) -> str:  # type: ignore[override]
        """Return what the operation does; where all resources have it alike, of what, too."""
        said = str(super().get_description())
        return f"{said} {get_doc(type(self.view))}" if self.shared() else said

    def get_summary(self) -> str:
        """Return what the operation does in one sentence, for lists of them; of what all resources have alike in two."""
        sentences = self.get_description().removesuffix(".").split(". ")
        return ". ".join(sentences[: 2 if self.shared() else 1])

    def shared(self) -> bool:
        """Whether all resources have the operation alike."""
        method = getattr(self.view, self.action, None)
        return getattr(method, "__qualname__", "").partition(".")[0] in SHARED

    def get_filter_backends(self) -> list[Any]:
        """Return what filters the rows that the action is about."""
        view: Any = self.view
        return list(view.filter_backends) if self.action in view.filtered else []

    def understood(self, operation: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the parameters that the framework has found; of the query those that the action understands, not empty."""
        known = self.view.parameters()  # type: ignore[attr-defined]
        found = [
            each for each in operation.pop("parameters", []) if each["in"] != "query" or each["name"] in known
        ]
        for each in found:
            if each["in"] == "query" and each["schema"] == {"type": "string"}:
                each["schema"] = {"type": "string", "minLength": 1}
        return found

    def _map_serializer_field(self, field: Any, *args: Any, **kwargs: Any) -> Any:
        """Add how many things a list may hold."""
        found = super()._map_serializer_field(field, *args, **kwargs)  # type: ignore[no-untyped-call]
        bounds = {"minItems": "min_length", "maxItems": "max_length"}
        if isinstance(field, ListSerializer) and found:
            found |= {
                name: bound for name, option in bounds.items() if (bound := getattr(field, option, None))
            }
        return found

    @property
    def action(self) -> str:
        """The name of the view's method."""
        return str(getattr(self.view, "action", ""))

    def own_parameters(self) -> list[dict[str, Any]]:
        """Return the parameters that all operations of a method have."""
        if self.method == "GET" and (names := self.members()):
            chosen = parameter(
                "fields",
                {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1},
                "Only these members.",
            )
            return [chosen | {"style": "form", "explode": False}]
        if self.method == "POST" and self.idempotent():
            text = "Makes the request repeatable: the first answer is given again for 48 hours."
            schema = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": f"^{SHAPE}$"}
            return [parameter("Idempotency-Key", schema, text, "header")]
        if self.method in ("PATCH", "DELETE"):
            text = "The ETag of the version that was read; another one by now is refused with 412."
            return [parameter("If-Match", {"type": "string"}, text, "header")]
        return []

    def members(self) -> list[str]:
        """Return the members that `fields` can choose from."""
        serializer = self.get_response_serializers()
        inner = serializer.child if isinstance(serializer, ListSerializer) else serializer
        if isinstance(inner, type) and issubclass(inner, Told):
            inner = inner()
        return list(inner.fields) if isinstance(inner, Told) else []

    def idempotent(self) -> bool:
        """Whether the POST may be repeated under a key."""
        return hasattr(getattr(self.view, self.action, None), "idempotent")

    def etagged(self) -> bool:
        """Whether the answer has an ETag."""
        return bool(getattr(self.view, "editable", False) and self.action != "list")

    def problems(self, operation: dict[str, Any]) -> list[str]:
        """Return the kinds of problem that the operation can have."""
        found = ["invalid", *FOR_ALL]
        if "{" in self.path or self.method == "GET":
            found.append("not-found")  # also for a cursor of another list
        if self.method == "POST":
            found += ["conflict", "rules", "too-large", "media-type"]
        if self.method in ("PATCH", "DELETE"):
            found += ["conflict", "rules", "changed", "media-type"]
        return found


class SparseAnswers(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """No member of an answer is certain where callers choose the members with `fields`."""

    target_class = Told
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> Any:
        """Return the schema; of answers without required members."""
        found = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        if direction == "response":
            found.pop("required", None)
        return found


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema calls our tokens."""

    target_class = "stores.rest.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return what a token is."""
        return {"type": "http", "scheme": "bearer", "description": "An API token, c2c_…"}


def component(name: str) -> str:
    """Return the name of a problem among the schema's components: `NotFound`."""
    return "".join(part.capitalize() for part in name.split("-"))


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add every problem with an example, and that bodies have no members beside their own."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= {"Problem": PROBLEM, "ProblemError": ERROR}
    for name, schema in schemas.items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    components["responses"] = {component(name): answer(name) for name in KINDS}
    return result


def answer(name: str) -> dict[str, Any]:
    """Return a problem as an answer of the schema."""
    kind = KINDS[name]
    example = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": kind.remedy}
    media = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example | EXAMPLES.get(name, {})}
    found: dict[str, Any] = {"description": f"{kind.title} {kind.remedy}", "content": {MEDIA_TYPE: media}}
    return found | ({"headers": HEADERS[name]} if name in HEADERS else {})
