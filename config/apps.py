"""The project's own app: system checks, console templates, the heartbeat."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Joins the apps."""

    name = "config"
    verbose_name = "connect2cart"

    def ready(self) -> None:
        """Register the system checks."""
        from config import checks  # noqa: F401  # Django registers checks when their module is imported
