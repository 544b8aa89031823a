"""Support's pages about alerts: the problems, who is told, and every mail and webhook call."""

from config.alerts.admin import destinations, notices, problems

__all__ = ["destinations", "notices", "problems"]
