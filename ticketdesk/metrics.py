"""Figures for Prometheus: requests as this process saw them, and what waits or failed as the database knows it.

Request counters live in the process. With one web process of many threads, the default, they are complete; each
container of `--scale web=3` is scraped for itself; of several processes on one port (WEB_WORKERS) a scrape meets one.
Everything else comes from the database and is the same whichever process answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from tickets import upkeep
from tickets.models import InboundMail, JobRun, OutboundMail, Seal

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
REQUESTS = Counter("ticketdesk_requests", "Answered requests.", ["view", "method", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "ticketdesk_request_seconds",
    "Time to answer.",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MeasureRequests:
    """Middleware: counts each request by its view's name, never by its path, which would hold ticket numbers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        answer = self.get_response(request)
        match = request.resolver_match
        view = (match.view_name or "unnamed") if match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, answer.status_code).inc()
        SECONDS.labels(view).observe(time.perf_counter() - begun)
        return answer


class FromTheDatabase(Collector):
    """Backlogs, mails by state, timed jobs and the age of the last seal, read at each scrape."""

    def collect(self) -> Iterator[Metric]:
        """Read and hand over."""
        yield from _backlogs()
        yield from _mails()
        yield from _jobs()
        seal = Seal.objects.order_by("-id").first()
        if seal is not None:
            yield _gauge("seal_age_seconds", "Since the last seal of the history.", _age(seal.made_at))
            yield _gauge("sealed_tickets", "Tickets that have ever been sealed.", seal.ticket_count)


REGISTRY.register(FromTheDatabase())


def _backlogs() -> Iterator[Metric]:
    waiting = upkeep.backlogs()
    counts = GaugeMetricFamily("ticketdesk_backlog", "What waits to be done.", labels=["of"])
    for name in ("mail_waiting", "quarantined", "outbox_waiting", "outbox_failed", "chains_to_seal", "notices_waiting"):
        counts.add_metric([name], getattr(waiting, name))
    yield counts
    ages = GaugeMetricFamily("ticketdesk_backlog_seconds", "How long the oldest has waited; 0: nothing.", labels=["of"])
    ages.add_metric(["mail_waiting"], _age(waiting.mail_waiting_since))
    ages.add_metric(["outbox_waiting"], _age(waiting.outbox_waiting_since))
    ages.add_metric(["notices_waiting"], _age(waiting.notices_due_since))
    yield ages


def _mails() -> Iterator[Metric]:
    for name, table in (("inbound_mails", InboundMail), ("outbound_mails", OutboundMail)):
        family = GaugeMetricFamily(f"ticketdesk_{name}", "By state, of all time.", labels=["state"])
        for state, count in table.objects.order_by().values_list("state").annotate(count=Count("pk")):
            family.add_metric([state], count)
        yield family


def _jobs() -> Iterator[Metric]:
    since = GaugeMetricFamily("ticketdesk_job_age_seconds", "Since the job last succeeded; NaN: never.", labels=["job"])
    failing = GaugeMetricFamily("ticketdesk_job_failing", "1 when its last run failed.", labels=["job"])
    for job in JobRun.objects.all():
        since.add_metric([job.name], _age(job.succeeded_at) if job.succeeded_at else float("nan"))
        failed_last = job.failed_at is not None and (job.succeeded_at is None or job.failed_at > job.succeeded_at)
        failing.add_metric([job.name], int(failed_last))
    yield since
    yield failing


def _gauge(name: str, explanation: str, value: float) -> Metric:
    return GaugeMetricFamily(f"ticketdesk_{name}", explanation, value=value)


def _age(moment: datetime | None) -> float:
    return (timezone.now() - moment).total_seconds() if moment else 0
