"""A moment on two clocks: the viewer's, and UTC, which logs and other people's mails use."""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from stores.admin.words import NEVER, distance

SAME = ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "Etc/Universal")


@dataclass(frozen=True)
class Times:
    """Writes times for one viewer."""

    zone: zoneinfo.ZoneInfo

    @property
    def two(self) -> bool:
        """Whether the two clocks differ at all."""
        return self.zone.key not in SAME

    @property
    def name(self) -> str:
        """The zone's name."""
        return self.zone.key

    def local(self, moment: datetime | None) -> SafeString | str:
        """Return the moment on the viewer's clock, with how long ago it was."""
        if moment is None:
            return NEVER
        here = moment.astimezone(self.zone)
        return format_html(
            '<time datetime="{}" title="{}">{}</time>',
            moment.astimezone(UTC).isoformat(),
            distance(moment),
            f"{here:%Y-%m-%d %H:%M:%S %Z}",
        )

    def utc(self, moment: datetime | None) -> str:
        """Return the moment in UTC."""
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else NEVER

    def both(self, moment: datetime | None) -> SafeString | str:
        """Return the moment on both clocks, on one line."""
        if moment is None or not self.two:
            return self.local(moment)
        return format_html("{} ({} UTC)", self.local(moment), self.utc(moment))
