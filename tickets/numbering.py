"""The next ticket number, unique under concurrency without making arrivals wait for each other.

Three schemes, chosen by the setting TICKET_NUMBER_SCHEME (docs: research of the OTRS family's formats):

    date_checksum   YYYYMMDD + system id + counter + check digit     2026112310000012
    date            YYYYMMDD + system id + counter                   202611231000001
    increment       system id + counter                              1000001

The system id keeps two installations that write to each other from claiming each other's mail.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

DATE_CHECKSUM = "date_checksum"
DATE = "date"
INCREMENT = "increment"
COUNTER_DIGITS = 5
_NO_DAY = date(1, 1, 1)


def next_number(now: datetime) -> str:
    """A number never given before. `now` is an aware time; the day is that of the installation's zone."""
    scheme: str = settings.TICKET_NUMBER_SCHEME
    day = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    with connection.cursor() as cursor:
        cursor.execute("SELECT next_ticket_counter(%s)", [_NO_DAY if scheme == INCREMENT else day])
        row = cursor.fetchone()
    assert row is not None  # a function call always gives one row
    return compose_number(scheme, day=day, system_id=settings.SYSTEM_ID, counter=row[0])


def compose_number(scheme: str, *, day: date, system_id: str, counter: int) -> str:
    """The number as it is written. Counters beyond five digits make it longer, never ambiguous."""
    body = f"{system_id}{counter:0{COUNTER_DIGITS}d}"
    if scheme == INCREMENT:
        return body
    body = f"{day:%Y%m%d}{body}"
    return body if scheme == DATE else f"{body}{check_digit(body)}"


def check_digit(digits: str) -> int:
    """Digits weighted 1, 2, 1, 2 ... from the left; ten minus the sum modulo ten, and ten becomes 1.

    The formula of the OTRS family's DateChecksum scheme.
    """
    total = sum(int(digit) * (1 + position % 2) for position, digit in enumerate(digits))
    rest = 10 - total % 10
    return 1 if rest == 10 else rest


def is_well_formed(number: str) -> bool:
    """Whether we could have given this number: shape, our system id, and the check digit where there is one."""
    scheme: str = settings.TICKET_NUMBER_SCHEME
    system_id = re.escape(settings.SYSTEM_ID)
    if scheme == INCREMENT:
        return re.fullmatch(rf"{system_id}\d{{{COUNTER_DIGITS},}}", number) is not None
    if scheme == DATE:
        return re.fullmatch(rf"\d{{8}}{system_id}\d{{{COUNTER_DIGITS},}}", number) is not None
    if re.fullmatch(rf"\d{{8}}{system_id}\d{{{COUNTER_DIGITS + 1},}}", number) is None:
        return False
    return check_digit(number[:-1]) == int(number[-1])
