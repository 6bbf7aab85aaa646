"""Seeds the kinds, priorities and statuses that every help desk starts with."""

from __future__ import annotations

from typing import Any

from django.db import migrations

KINDS = [
    ("question", {"hu": "Kérdés", "en": "Question"}),
    ("incident", {"hu": "Incidens", "en": "Incident"}),
    ("request", {"hu": "Igénylés", "en": "Service request"}),
    ("problem", {"hu": "Probléma", "en": "Problem"}),
    ("change", {"hu": "Változás", "en": "Change"}),
    ("task", {"hu": "Feladat", "en": "Task"}),
]
PRIORITIES = [
    ("low", 1, {"hu": "Alacsony", "en": "Low"}),
    ("normal", 2, {"hu": "Normál", "en": "Normal"}),
    ("high", 3, {"hu": "Magas", "en": "High"}),
    ("urgent", 4, {"hu": "Sürgős", "en": "Urgent"}),
]
# code, type, whose turn, closes to, names
STATUSES = [
    ("new", "new", "us", None, {"hu": "Új", "en": "New"}),
    ("open", "open", "us", None, {"hu": "Folyamatban", "en": "Open"}),
    ("waiting", "pending_reminder", "customer", None, {"hu": "Ügyfélre vár", "en": "Waiting for customer"}),
    ("third-party", "pending_reminder", "third_party", None, {"hu": "Külsőre vár", "en": "Waiting for third party"}),
    ("solved", "closed_successful", "nobody", None, {"hu": "Megoldva", "en": "Solved"}),
    ("closed", "closed_unsuccessful", "nobody", None, {"hu": "Lezárva megoldás nélkül", "en": "Closed unsolved"}),
    ("solves", "pending_close", "customer", "solved", {"hu": "Megoldásra vár", "en": "Will be solved"}),
    ("closes", "pending_close", "customer", "closed", {"hu": "Lezárásra vár", "en": "Will be closed"}),
    ("merged", "merged", "nobody", None, {"hu": "Összevonva", "en": "Merged"}),
]


def seed(apps: Any, schema_editor: Any) -> None:
    kind, priority, status = (apps.get_model("tickets", name) for name in ("Kind", "Priority", "Status"))
    for position, (code, names) in enumerate(KINDS):
        kind.objects.create(code=code, names=names, position=position)
    for position, (code, level, names) in enumerate(PRIORITIES):
        priority.objects.create(code=code, level=level, names=names, position=position)
    for position, (code, type_, waits_for, closes_to, names) in enumerate(STATUSES):
        status.objects.create(
            code=code,
            type=type_,
            waits_for=waits_for,
            names=names,
            position=position,
            closes_to=status.objects.get(code=closes_to) if closes_to else None,
        )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0002_never_disappears")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
