"""`manage.py pull_store`: pull a store's orders now, or fetch a range of them."""

import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from orders import backfill
from orders.jobs import JobBusy, Outcome
from orders.models import Backfill, Job
from orders.pull import Pulled, pull
from orders.spans import Span, SpanError, between_dates, between_numbers
from stores.audit import note
from stores.cursors import LeaseLost, StoreBusy
from stores.management.console import ConsoleCommand, store_by_slug
from stores.miva.errors import MivaError
from stores.models import Store

LOOK_AGAIN = 1.0  # seconds between two looks whether the regular pull is done
REPORT = 5.0  # seconds of work between two lines about the progress

WHEN = "A day (2026-11-21, in the store's time zone) or a time (2026-11-21T15:30, or with an offset)."


class Command(ConsoleCommand):
    """Pull now until nothing is left, or fetch a range to its end."""

    help = (
        "Pulls a store's orders now, whatever the clock says, until nothing is left. With a range: fetches the orders of "
        "the range once more, whatever the store's strategy and start; what is here already stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the store and the range."""
        super().add_arguments(parser)
        parser.add_argument("store", metavar="SLUG", help="The store's short name.")
        parser.add_argument(
            "--since", metavar="WHEN", default="", help=f"Orders placed then or later. {WHEN}"
        )
        parser.add_argument(
            "--until", metavar="WHEN", default="", help="Orders placed before then; a day is meant whole."
        )
        parser.add_argument(
            "--numbers", metavar="A-B", default="", help="Orders with these numbers, e.g. 1000-1500."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Pull or fetch, and print the counts."""
        store = store_by_slug(options["store"])
        self.quiet = options["as_json"]
        try:
            pulled = self.fetch(store, options) if self.has_range(options) else self.pull(store)
        except SpanError as error:
            raise self.usage(str(error)) from error
        except (StoreBusy, JobBusy, LeaseLost) as error:
            raise CommandError(f"{error}. Try again when it is done.") from error
        except MivaError as error:
            raise CommandError(f"{error.reason} {error.remedy}".strip()) from error
        self.show(pulled.counts(), [sentence(pulled)], as_json=options["as_json"])

    def pull(self, store: Store) -> Pulled:
        """Pull until nothing is left."""
        note("pull now", store)
        return pull(store, budget=float("inf"))

    def has_range(self, options: dict[str, Any]) -> bool:
        """Whether a range was given. Raises SpanError when there are two."""
        dates = bool(options["since"] or options["until"])
        if dates and options["numbers"]:
            raise SpanError("Give either --since and --until or --numbers, not both.")
        return dates or bool(options["numbers"])

    def fetch(self, store: Store, options: dict[str, Any]) -> Pulled:
        """Fetch the range: the same job as in the admin, done here. One that was interrupted is taken up where it stopped."""
        span = span_of(store, options)
        job = backfill.unfinished(store, span)
        if job is None:
            job = backfill.start(store, span, estimated=backfill.estimate(store, span).orders)
        backfill.go_on(job)
        self.say(f"About {job.estimated} orders.")
        try:
            self.to_the_end(job)
        except KeyboardInterrupt:
            backfill.pause(job)
            raise CommandError(
                "Paused; the same command goes on where it stopped, as does the admin."
            ) from None
        except MivaError as error:
            job.refresh_from_db()
            why = f"{error.reason} {error.remedy}".strip()
            raise CommandError(
                f"{why} {job.fetched} orders of the range are here; the clock, or the same command, goes on after them."
            ) from error
        return counts_of(job)

    def to_the_end(self, job: Backfill) -> None:
        """Do slice after slice. Raises CommandError when somebody paused or cancelled the job."""
        while True:
            outcome = backfill.work(job, budget=REPORT, at_a_terminal=True)
            job.refresh_from_db()
            self.say(progress(job))
            if outcome is Outcome.DONE and job.state == Job.State.DONE:
                return
            if job.state not in (Job.State.WAITING, Job.State.RUNNING):
                raise CommandError(f"The backfill was {job.get_state_display()} after {job.fetched} orders.")
            if outcome is Outcome.GAVE_WAY:
                self.say("The store's regular pull comes first.")
                time.sleep(LOOK_AGAIN)

    def say(self, line: str) -> None:
        """Print a line about the progress, unless a script reads what is printed."""
        if not self.quiet:
            self.stderr.write(line)


def span_of(store: Store, options: dict[str, Any]) -> Span:
    """Return the range that was asked for. Raises SpanError."""
    if options["numbers"]:
        return between_numbers(options["numbers"])
    return between_dates(options["since"], options["until"], store.zone)


def counts_of(job: Backfill) -> Pulled:
    """Return the job's counts as those of a pull; a backfill acknowledges nothing."""
    return Pulled(job.fetched, job.new, job.updated, job.unchanged, job.held)


def progress(job: Backfill) -> str:
    """Return how far the job is."""
    left = backfill.time_left(job)
    soon = f", about {round(left.total_seconds())} seconds left" if left else ""
    at = timezone.localtime(timezone.now(), job.store.zone)
    return (
        f"{at:%H:%M:%S} {job.fetched} of about {job.estimated} orders ({backfill.share(job):.0%}), "
        f"{backfill.speed(job):.0f} a second{soon}"
    )


def sentence(pulled: Pulled) -> str:
    """Return the counts as a sentence."""
    return (
        f"{pulled.fetched} orders fetched: {pulled.new} new, {pulled.updated} updated, {pulled.unchanged} unchanged, "
        f"{pulled.held} held; {pulled.acknowledged} acknowledged."
    )
