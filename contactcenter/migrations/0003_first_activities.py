"""Seeds the activities that every contact centre starts with."""

from __future__ import annotations

from typing import Any

from django.db import migrations

# code, names, flags, longest in minutes
ACTIVITIES = [
    ("offline", {"hu": "Kijelentkezve", "en": "Signed out"}, {"is_present": False, "is_paid": False}, None),
    ("ready", {"hu": "Fogad", "en": "Ready"}, {"is_routable": True, "is_productive": True}, None),
    (
        "background",
        {"hu": "Háttérmunka", "en": "Background work"},
        {"is_recallable": True, "is_productive": True},
        None,
    ),
    ("break", {"hu": "Szünet", "en": "Break"}, {}, 20),
    ("meeting", {"hu": "Megbeszélés", "en": "Meeting"}, {"is_productive": True}, 120),
    ("training", {"hu": "Képzés", "en": "Training"}, {"is_productive": True}, 480),
    ("not-responding", {"hu": "Nem válaszol", "en": "Not responding"}, {"is_paid": False, "is_chosen": False}, None),
]


def seed(apps: Any, schema_editor: Any) -> None:
    activity = apps.get_model("contactcenter", "Activity")
    for position, (code, names, flags, limit) in enumerate(ACTIVITIES):
        activity.objects.create(code=code, names=names, position=position, limit_minutes=limit, **flags)


def unseed(apps: Any, schema_editor: Any) -> None:
    apps.get_model("contactcenter", "Activity").objects.filter(code__in=[row[0] for row in ACTIVITIES]).delete()


class Migration(migrations.Migration):
    dependencies = [("contactcenter", "0002_states_are_kept")]

    operations = [migrations.RunPython(seed, unseed)]
