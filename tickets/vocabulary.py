"""The three small vocabularies that nearly every page needs, read in one query."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import CharField, IntegerField, Value
from django.db.models.functions import Cast

from tickets.models import Kind, Priority, Status


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every status, priority and kind, retired ones included, in their order."""

    statuses: list[Status]
    priorities: list[Priority]
    kinds: list[Kind]

    @property
    def choosable_statuses(self) -> list[Status]:
        """Those that an agent may set: merging has an act of its own."""
        return [status for status in self.statuses if status.is_active and status.type != Status.Type.MERGED]

    @property
    def choosable_priorities(self) -> list[Priority]:
        return [priority for priority in self.priorities if priority.is_active]

    @property
    def choosable_kinds(self) -> list[Kind]:
        return [kind for kind in self.kinds if kind.is_active]


def read_vocabulary() -> Vocabulary:
    """One query over the three tables."""
    shared = ("pk", "code", "names", "position", "is_active")
    nothing = Value("", output_field=CharField())
    no_number = Cast(Value(None), IntegerField())
    statuses = Status.objects.order_by().values_list(
        Value("status", output_field=CharField()), *shared, "type", "waits_for", no_number, "closes_to"
    )
    priorities = Priority.objects.order_by().values_list(
        Value("priority", output_field=CharField()), *shared, nothing, nothing, "level", no_number
    )
    kinds = Kind.objects.order_by().values_list(
        Value("kind", output_field=CharField()), *shared, nothing, nothing, no_number, no_number
    )
    found = Vocabulary([], [], [])
    for table, pk, code, names, position, is_active, type_, waits_for, level, closes_to in statuses.union(
        priorities, kinds, all=True
    ):
        if table == "status":
            status = Status(pk=pk, code=code, names=names, position=position, is_active=is_active, type=type_)
            status.waits_for, status.closes_to_id = waits_for, closes_to
            found.statuses.append(status)
        elif table == "priority":
            found.priorities.append(
                Priority(pk=pk, code=code, names=names, position=position, is_active=is_active, level=level)
            )
        else:
            found.kinds.append(Kind(pk=pk, code=code, names=names, position=position, is_active=is_active))
    found.statuses.sort(key=lambda status: status.position)
    found.priorities.sort(key=lambda priority: (-priority.level, priority.position))
    found.kinds.sort(key=lambda kind: kind.position)
    return found
