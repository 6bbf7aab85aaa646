"""Whose number it is: numbers compared however they were written, and the person who has one."""

from __future__ import annotations

import re

from django.db.models import CharField, F, Func, Value
from django.db.models.functions import Right

from tickets.models import User

COMPARED = 9  # digits from the end; a country code, a trunk zero or an exit code before them may differ
LEAST_FOR_A_PERSON = 7  # shorter ones are extensions, and stand for nobody outside


def digits_of(number: str) -> str:
    """The last nine digits; of a short number all."""
    return re.sub(r"[^0-9]", "", number)[-COMPARED:]


def digits_in(field: str) -> Right:
    """The same for a column, as the index over people's phones has it."""
    bare = Func(F(field), Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace", output_field=CharField())
    return Right(bare, COMPARED)


def is_same_number(one: str, other: str) -> bool:
    """Whether both mean the same phone. A withheld number is nobody's."""
    digits = digits_of(one)
    return bool(digits) and digits == digits_of(other)


def find_person(number: str) -> User | None:
    """The active person with this number; None for a short or withheld one, and when several people share it."""
    digits = digits_of(number)
    if len(digits) < LEAST_FOR_A_PERSON:
        return None
    bare = Func(F("phone"), Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace", output_field=CharField())
    having = User.objects.exclude(phone="").filter(is_active=True).annotate(digits=Right(bare, COMPARED))
    found = list(having.filter(digits=digits)[:2])
    return found[0] if len(found) == 1 else None
