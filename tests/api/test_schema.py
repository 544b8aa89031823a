"""The description of the REST API: it is the committed one, and it holds."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator

import pytest
import schemathesis
import yaml
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture.providers import Constants, HypothesisProvider
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import ignored_auth

from tests.api.conftest import Program, program
from tests.api.description import committed, operations
from tests.api.everything import IN_ADDRESSES, SLUG, fill
from tests.factories import make_store

WIDER = int(os.environ.get("API_EXAMPLES", "0"))  # random requests to each operation, good ones and bad ones

pytestmark = pytest.mark.timeout(1800 if WIDER else 300)
CONFIG = SchemathesisConfig.from_dict(
    {
        "parameters": {f"path.{name}": value for name, value in IN_ADDRESSES.items()},
        "generation": {"allow-x00": False, "database": "none"},
        # A body that fits the schema may still break a rule of the store: that is 422, and nothing else is. Nor may what is
        # named be there, or still be as it was.
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", 401, 403, 404, 409, 412, 422, 429]},
            "negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 406, 413, 415, 422]},
        },
    }
)


def test_the_committed_description_is_that_of_the_code():
    out = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    assert yaml.load(out.getvalue(), yaml.CSafeLoader) == committed(), (
        "docs/api/openapi.yaml is old. `manage.py spectacular --file docs/api/openapi.yaml` writes it anew."
    )


def test_every_operation_tells_its_errors_and_who_may_call_it():
    for path, method, operation in operations():
        assert {"401", "403", "429", "500"} <= set(operation["responses"]), (method, path)
        assert operation["security"] == [{"token": []}]
        assert operation["description"].strip(), (method, path)


def test_the_page_with_the_description_asks_nobody_else(client):
    page = client.get("/api/v1/docs/").content.decode()
    script = client.get("/api/v1/docs/?script=").content.decode()
    assert "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in page
    assert "//cdn" not in page + script
    assert page.count("http") == page.count("http://testserver")
    policy = client.get("/api/v1/docs/")["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self';" in policy


@pytest.fixture
def caller(db) -> Program:
    """A program of a store that has one of everything that can be asked for by number."""
    store = make_store(slug=SLUG)
    fill(store)
    return program(store)


@pytest.fixture
def described(caller, settings, caplog):
    """The schema as the portal serves it, and the portal as a WSGI application on the connection of this test."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    portal = get_wsgi_application()
    caplog.set_level(logging.ERROR, "django.request")  # what is refused on purpose is no news
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", portal, config=CONFIG)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


ELSEWHERE = (ParameterLocation.PATH, ParameterLocation.HEADER)
# Whether an operation can be done without a token is asked of each once (test_isolation), not with every request.
LEFT_OUT = [] if WIDER else [ignored_auth]


def findings(caller, case) -> list[str]:
    """Send one request; what its answer does not keep to. Whatever it did is taken back."""
    with transaction.atomic():
        answer = case.call(headers=headers(caller))
        try:
            case.validate_response(answer, headers=headers(caller), excluded_checks=LEFT_OUT)
        except FailureGroup as failures:
            said = f"{case.as_curl_command()}\n{answer.status_code} {answer.text[:500]}"
            return [f"{each}\n{said}" for each in failures.exceptions]
        finally:
            transaction.set_rollback(True)
    return []


def headers(caller) -> dict[str, str]:
    """Who calls, and that nothing be compressed: the checks read the answers as they are."""
    return {"Authorization": f"Bearer {caller.secret}", "Accept-Encoding": "identity"}


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.filterwarnings("default")
def test_every_operation_keeps_to_its_description_at_the_bounds_of_all_that_can_be_sent(
    described, caller, mode
):
    """What there is of rules for parameters and members, kept and broken at their bounds: the same requests each time."""
    found = []
    for path, method, _ in operations():
        for case in at_bounds(described, described[path][method], mode):
            found += findings(caller, case)
    assert not found, "\n\n".join(found)


def at_bounds(described, operation, mode) -> Iterator[Case]:
    """Requests about a row that is there. In a wider look all that there are; else one for each sort of rule that an operation has
    for its query and its body: addresses and headers are read in one place for all."""
    config = described.config.generation_for(operation=operation, phase="coverage")
    known = set()
    for case in described.iter_coverage_cases(operation, generation_modes=[mode], generation_config=config):
        rule = case.meta.phase.data
        if rule.parameter_location != ParameterLocation.PATH:
            case.path_parameters = {
                name: IN_ADDRESSES.get(name, value) for name, value in case.path_parameters.items()
            }
        sort = (rule.scenario, rule.parameter_location)
        if WIDER or (sort not in known and rule.parameter_location not in ELSEWHERE):
            known.add(sort)
            yield case


@pytest.mark.skipif(not WIDER, reason="API_EXAMPLES=50 sends so many random requests to each operation")
@pytest.mark.filterwarnings("default")
def test_every_operation_keeps_to_its_description_whatever_is_sent(described, caller):
    found = []
    for path, method, _ in operations():
        for mode in GenerationMode:
            strategy = described[path][method].as_strategy(generation_mode=mode)
            try:
                found += drawn(strategy, caller)
            except Unsatisfiable:  # nothing can be sent to it that its description forbids
                assert mode is GenerationMode.NEGATIVE
    assert not found, "\n\n".join(found)


def drawn(strategy, caller) -> list[str]:
    """What is wrong with the answers to some requests."""
    found = []

    @bounded(WIDER)
    @given(case=strategy)
    def send(case):
        found.extend(findings(caller, case))

    send()
    return found


def bounded(examples: int, **more) -> settings:
    """So many examples: always the same ones, unless a wider look is wanted."""
    return settings(
        max_examples=examples,
        derandomize=not WIDER,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )


@pytest.fixture
def _only_what_is_described(monkeypatch):
    """Without the constants that hypothesis finds in whatever modules happen to be loaded: the same run each time."""
    if not WIDER:
        monkeypatch.setattr(HypothesisProvider, "_local_constants", Constants())


@pytest.mark.usefixtures("_only_what_is_described")
@pytest.mark.filterwarnings("default")
def test_operations_one_after_the_other_keep_to_the_description(described, caller):
    class Machine(described.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": headers(caller)}

    Machine.run(settings=bounded(WIDER or 2, stateful_step_count=5))
