"""The description of the REST API: it is the committed one, it holds, and a client that is generated from it works."""

from __future__ import annotations

import importlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import schemathesis
import yaml
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup

from fulfillment.models import StatusMeaning
from inventory.models import StockPush
from orders import backfill
from orders.models import CustomFieldMapping, PaymentMapping
from orders.serve import acknowledge
from orders.spans import between_numbers
from stores.models import Store
from tests.api.conftest import Program, kept, program
from tests.factories import make_store

ROOT = Path(__file__).parent.parent.parent
COMMITTED = ROOT / "docs" / "api" / "openapi.yaml"
EXAMPLES = int(os.environ.get("API_EXAMPLES", "2"))  # of each operation, good and bad
NUMBER = 100_001

CONFIG = SchemathesisConfig.from_dict(
    {
        "parameters": {"path.store": "acme-web", "path.number": NUMBER},
        "generation": {"allow-x00": False, "database": "none"},
        # A body that fits the schema may still break a rule of the store: that is 422, and nothing else is.
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", 401, 403, 404, 409, 422, 429]},
            "negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 406, 413, 415, 422]},
        },
    }
)


def generated() -> str:
    out = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    return out.getvalue()


def test_the_committed_description_is_that_of_the_code():
    assert yaml.safe_load(generated()) == yaml.safe_load(COMMITTED.read_text()), (
        "docs/api/openapi.yaml is old. `manage.py spectacular --file docs/api/openapi.yaml` writes it anew."
    )


def test_every_operation_tells_its_errors_and_who_may_call_it():
    for path, methods in yaml.safe_load(COMMITTED.read_text())["paths"].items():
        for method, operation in methods.items():
            assert {"401", "403", "429", "500"} <= set(operation["responses"]), (method, path)
            assert operation["security"] == [{"token": []}]
            assert operation["description"].strip(), (method, path)


def test_the_page_with_the_description_asks_nobody_else(client):
    page = client.get("/api/v1/docs/").content.decode()
    script = client.get("/api/v1/docs/?script=").content.decode()
    assert "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in page
    assert "//cdn" not in page + script
    assert page.count("http") == page.count("http://testserver")


@pytest.fixture
def caller(db) -> Program:
    """A program of a store that has one of everything that can be asked for by number."""
    store = make_store(slug="acme-web")
    fill(store)
    return program(store)


def fill(store: Store) -> None:
    order = kept(store, 1)[0]
    type(order).objects.filter(pk=order.pk).update(miva_id=NUMBER)
    acknowledge(store, 1, 1)
    backfill.start(store, between_numbers("1-9"), estimated=9)
    PaymentMapping.objects.create(store=store, module="zip", element="COD")
    CustomFieldMapping.objects.create(store=store, code="gift", action="drop")
    StatusMeaning.objects.create(store=store, label="Gone", meaning="shipped")


@pytest.fixture
def described(caller, settings):
    """The schema as the portal serves it, and the portal as a WSGI application on the connection of this test."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", get_wsgi_application(), config=CONFIG)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


BOUNDED = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
PATHS = yaml.safe_load(COMMITTED.read_text())["paths"]
OPERATIONS = [(path, method) for path, methods in PATHS.items() for method in methods]


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("default")
def test_every_operation_keeps_to_its_description(described, caller):
    findings = []
    for path, method in OPERATIONS:
        for mode in GenerationMode:
            try:
                checked(described[path][method], mode, caller)
            except Unsatisfiable:  # nothing can be sent to it that its description forbids
                assert mode is GenerationMode.NEGATIVE
            except FailureGroup as failures:
                findings += [f"{method} {path}, {mode.value}: {each}" for each in failures.exceptions]
    assert not findings, "\n\n".join(findings)


def headers(caller) -> dict[str, str]:
    """Who calls, and that nothing be compressed: the checks read the answers as they are."""
    return {"Authorization": f"Bearer {caller.secret}", "Accept-Encoding": "identity"}


def checked(operation, mode, caller) -> None:
    """Send some requests to one operation. Raises FailureGroup."""

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def keeps_to_it(case):
        case.call_and_validate(headers=headers(caller))

    keeps_to_it()


@pytest.mark.filterwarnings("default")
def test_operations_one_after_the_other_keep_to_the_description(described, caller):
    class Machine(described.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": headers(caller)}

    Machine.run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=5,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
    )


@pytest.fixture(scope="session")
def client_package(tmp_path_factory):
    """A Python client, generated from the committed description."""
    folder = tmp_path_factory.mktemp("client")
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--path", str(COMMITTED)),
            *("--meta", "none", "--output-path", str(folder / "portal_client")),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr + made.stdout
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"portal_client.{name}")
    sys.path.remove(str(folder))


@pytest.mark.filterwarnings("default")
def test_a_generated_client_reads_orders_ships_and_changes_stock(client_package, caller, live_server):
    client = client_package("client").AuthenticatedClient(base_url=live_server.url, token=caller.secret)
    listed = client_package("api.stores.stores_orders_list").sync("acme-web", client=client)
    assert [order.number for order in listed.results] == [NUMBER]
    models = client_package("models")
    said = models.ReportBodyRequest(order=NUMBER, status="Shipped")
    report = client_package("api.stores.stores_shipments_create").sync("acme-web", client=client, body=said)
    assert report.meaning == "shipped"
    change = models.ChangesBodyRequest(
        kind=models.StockKindEnum.DELTA, changes=[models.OneBodyRequest(sku="mug", amount=-1)]
    )
    changed = client_package("api.stores.stores_stock_changes_create")
    told = changed.sync("acme-web", client=client, body=change, idempotency_key="sale-1")
    again = changed.sync("acme-web", client=client, body=change, idempotency_key="sale-1")
    assert told == again
    assert StockPush.objects.get().delta == -1
    problem = client_package("api.stores.stores_orders_retrieve").sync_detailed("acme-web", 7, client=client)
    assert problem.status_code == 404
    assert problem.parsed.type_ == "/api/v1/problems/not-found/"
    client.get_httpx_client().close()
