"""Somebody's tickets, the latest first, with their team: read from the index alone when a search asks for those elsewhere."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0012_note_erasures"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ticket",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Works on it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="owned_tickets",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="responsible",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Answers for it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="responsible_tickets",
                to=settings.AUTH_USER_MODEL,
                verbose_name="responsible",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["owner", "-id"], include=("team",), name="ticket_owner"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["responsible", "-id"], include=("team",), name="ticket_responsible"),
        ),
    ]
