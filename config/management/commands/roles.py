"""`manage.py roles`: the groups of the support team, with exactly the permissions of the table in config/roles.py."""

from typing import Any

from django.core.management.base import CommandError

from config.roles import ADDED, make_roles, permissions_of
from stores.audit import note
from stores.management.console import ConsoleCommand


class Command(ConsoleCommand):
    """Create the roles anew."""

    help = (
        "Creates the groups viewer, support, lead and administrator, or gives them back exactly their permissions. `migrate` "
        "does this, too."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, and print how many permissions each role has."""
        missing = make_roles()
        if missing:
            raise CommandError(f"These permissions are not there: {', '.join(missing)}. Run migrate first.")
        note("roles made", "roles")
        counts = {role: len(permissions_of(role)) for role in ADDED}
        lines = [f"{role}: {count} permissions" for role, count in counts.items()]
        self.show({"roles": counts}, lines, as_json=options["as_json"])
