"""How the wallboard writes times: minutes and seconds, as its script goes on counting them."""

from __future__ import annotations

from datetime import datetime

from django import template

from contactcenter.waits import Estimate

register = template.Library()

HOUR = 3600
NONE = "–"


@register.filter
def span(seconds: float | None) -> str:
    """Seconds as "4:26", from an hour on as "1:04:26"; a dash for none."""
    if seconds is None:
        return NONE
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, HOUR)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


@register.filter
def age(since: datetime | None, at: datetime) -> str:
    """The time from `since` to `at`."""
    return NONE if since is None else span((at - since).total_seconds())


@register.filter
def stamp(moment: datetime | None) -> str:
    """Seconds since 1970, for the script."""
    return "" if moment is None else f"{moment.timestamp():.1f}"


@register.filter
def wait(estimate: Estimate | None) -> str:
    """The estimated wait as a range, in steps of ten seconds; a dash when nobody will answer."""
    if estimate is None:
        return NONE
    low, high = 10 * round(estimate.low / 10), 10 * round(estimate.high / 10)
    return span(low) if low == high else f"{span(low)}–{span(high)}"
