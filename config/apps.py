"""The project's own app: system checks, console templates, the heartbeat, the roles."""

import gc
from typing import Any

from django.apps import AppConfig, apps
from django.core.signals import request_finished
from django.db.models.signals import post_migrate


class ProjectConfig(AppConfig):
    """Joins the apps."""

    name = "config"
    verbose_name = "connect2cart"

    def ready(self) -> None:
        """Register the system checks, and have the roles made after the last app's migrations: then all permissions are there."""
        from config import checks  # noqa: F401  # Django registers checks when their module is imported
        from config.alerts import watching  # its models can be imported only now

        request_finished.connect(watching.after_request, dispatch_uid="config.alerts.watching")
        last = [each for each in apps.get_app_configs() if each.models_module][-1]
        post_migrate.connect(roles_after_migrate, sender=last, dispatch_uid="config.roles")
        gc.freeze()  # what is loaded stays: looking through it for garbage would stop all work for a sixth of a second
        gc.enable()


def roles_after_migrate(**_: Any) -> None:
    """Make the roles."""
    from config.roles import make_roles  # its models can be imported only now

    make_roles()
