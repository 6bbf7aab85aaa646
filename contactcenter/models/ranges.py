"""Intervals that never overlap, and what a trigger holds beside it: each begins where the one before it ended.

PostgreSQL's core compares ranges in an exclusion constraint without any extension, so an agent stands in it as a range
of one number.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.db.models import F, Func, Value


def one(field: str) -> Func:
    """The foreign key as a range that holds this one number."""
    return Func(F(field), F(field), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


def never_two_at_once(name: str, *, of: str, span: Any, message: Any) -> ExclusionConstraint:
    """Refuses two rows of one `of` whose `span` (a range field or expression) overlap."""
    return ExclusionConstraint(
        name=name,
        expressions=[(one(of), RangeOperators.OVERLAPS), (span, RangeOperators.OVERLAPS)],
        violation_error_message=message,
    )
