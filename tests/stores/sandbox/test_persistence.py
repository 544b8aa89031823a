"""A saved store is the same store after loading."""

from stores.sandbox import SandboxStore
from stores.sandbox.persistence import load, save


def test_a_loaded_store_has_the_same_orders_queues_and_credentials(tmp_path, clock):
    store = SandboxStore(seed=3, orders=60, clock=clock, store_code="DEMO", operation_seconds=1.5)
    store.archive(store.sorted_ids[0])
    store.add_queue("stoneedge", "Stone Edge")
    save(store, tmp_path / "store.json")
    again = load(tmp_path / "store.json", clock=clock)
    for name in (
        "orders",
        "archived",
        "queues",
        "queue_names",
        "workflows",
        "waiting",
        "secured",
        "skipped_numbers",
    ):
        assert getattr(again, name) == getattr(store, name), name
    assert (again.token, again.signing_key, again.store_code) == (store.token, store.signing_key, "DEMO")


def test_a_loaded_store_goes_on_counting(tmp_path, clock):
    store = SandboxStore(seed=3, orders=5, clock=clock)
    save(store, tmp_path / "store.json")
    again = load(tmp_path / "store.json", clock=clock)
    assert again.place_order() == store.place_order()


def test_a_broken_total_stays_broken(tmp_path, clock):
    store = SandboxStore(seed=3, clock=clock)
    order_id = store.place_order(total=1)["id"]
    save(store, tmp_path / "store.json")
    assert load(tmp_path / "store.json").orders[order_id]["total"] == 1


def test_settings_may_change_on_loading(tmp_path, clock):
    save(SandboxStore(clock=clock, granted_functions={"A"}), tmp_path / "store.json")
    again = load(tmp_path / "store.json", version="10.02.00")
    assert (again.granted_functions, again.version) == ({"A"}, "10.02.00")


def test_the_set_up_of_the_workflows_is_kept(tmp_path, clock):
    store = SandboxStore(clock=clock)
    store.use_retrieval(moves=True)
    save(store, tmp_path / "store.json")
    again = load(tmp_path / "store.json")
    assert (again.workflows, again.workflow_definitions) == (store.workflows, store.workflow_definitions)
