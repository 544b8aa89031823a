"""The project's own app: system checks, console templates, the heartbeat, the roles; and the admin, as the portal loads it."""

import gc
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register
from django.core.signals import request_finished
from django.db.models.signals import post_migrate
from django.urls import get_resolver


class ProjectConfig(AppConfig):
    """Joins the apps."""

    name = "config"
    default = True
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


class ConsoleConfig(SimpleAdminConfig):
    """Django's admin, whose pages are loaded with the addresses (`config.urls`): workers and commands do without them, and are a
    fifth faster to start and 25 MB smaller."""

    def ready(self) -> None:
        """Register Django's checks of the admin."""
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Django's check of the pages, after they were loaded."""
    get_resolver().url_patterns  # noqa: B018
    found: list[CheckMessage] = check_admin_app(app_configs, **options)
    return found
