"""`manage.py reencrypt_secrets`: what is stored encrypted, anew with the first of FERNET_KEYS."""

from typing import Any

from django.core.management.base import CommandError

from stores.audit import note
from stores.management.console import ConsoleCommand
from stores.reencrypting import reencrypt

SHOWN = 5


class Command(ConsoleCommand):
    """Encrypt all secrets anew."""

    help = (
        "Encrypts every stored secret (API tokens, signing keys, passphrases, addresses of webhooks) anew with the first of "
        "FERNET_KEYS. When it is done, the other keys can be removed. Run it while all processes have the new key."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Encrypt, and print how many. Raises CommandError when some cannot be read: then no key may go."""
        done = reencrypt()
        note(
            "secrets encrypted anew",
            "secrets",
            after={"count": done.count, "unreadable": len(done.unreadable)},
        )
        lines = [f"{done.count} secrets are encrypted with the first of FERNET_KEYS now."]
        if not done.unreadable:
            lines.append("The other keys can be removed.")
        self.show({"secrets": done.count, "unreadable": done.unreadable}, lines, as_json=options["as_json"])
        if done.unreadable:
            raise CommandError(
                f"{len(done.unreadable)} could not be read and are as they were: {'; '.join(done.unreadable[:SHOWN])}. Remove no "
                "key. Put the key that they were encrypted with at the end of FERNET_KEYS and run this again, or enter them "
                "again on their pages."
            )
