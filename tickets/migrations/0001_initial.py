import datetime
import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AddressState",
            fields=[
                ("email", models.EmailField(max_length=254, primary_key=True, serialize=False)),
                ("bounced_at", models.DateTimeField(null=True)),
                ("bounce_status", models.CharField(blank=True, max_length=20)),
                ("bounce_detail", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name="Blob",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("size", models.BigIntegerField(help_text="bytes")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("erased_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
                ("succeeded_at", models.DateTimeField(null=True)),
                ("handled", models.IntegerField(default=0, help_text="How many items the last run handled.")),
                ("failed_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Kind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                (
                    "names",
                    models.JSONField(default=dict, help_text="A name for each language code.", verbose_name="names"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
            ],
            options={
                "verbose_name": "kind",
                "verbose_name_plural": "kinds",
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="NumberDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("base", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "shares_tickets",
                    models.BooleanField(default=False, verbose_name="members see one another's tickets"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "verbose_name": "organisation",
                "verbose_name_plural": "organisations",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="organisation_name_unique",
                        violation_error_message="There is already an organisation with this name.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Priority",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                (
                    "names",
                    models.JSONField(default=dict, help_text="A name for each language code.", verbose_name="names"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("level", models.PositiveSmallIntegerField(default=2, verbose_name="level")),
            ],
            options={
                "verbose_name": "priority",
                "verbose_name_plural": "priorities",
                "ordering": ("-level",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("level__gte", 1), ("level__lte", 4)),
                        name="priority_level_range",
                        violation_error_message="The level of a priority is 1 to 4.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RadarPosting",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "term_id", "ticket_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("term_id", models.IntegerField()),
                ("ticket_id", models.BigIntegerField()),
                ("weight", models.FloatField()),
            ],
            options={
                "db_table": "tickets_radarposting",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="RadarTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.CharField(db_collation="C", max_length=60, unique=True)),
                ("tickets", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="RadarTotals",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("tickets", models.BigIntegerField(default=0)),
                ("title_words", models.BigIntegerField(default=0)),
                ("body_words", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="radar_totals_one_row")],
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField()),
                (
                    "ticket_count",
                    models.BigIntegerField(help_text="How many tickets have ever been sealed, this seal included."),
                ),
                ("head_count", models.IntegerField(help_text="How many chains this seal moved on.")),
                ("prev_hash", models.BinaryField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Stamp",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("value", models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="stamp_is_one_row")],
            },
        ),
        migrations.CreateModel(
            name="Status",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                (
                    "names",
                    models.JSONField(default=dict, help_text="A name for each language code.", verbose_name="names"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("open", "open"),
                            ("pending_reminder", "pending, reminder"),
                            ("pending_close", "pending, auto close"),
                            ("closed_successful", "closed successful"),
                            ("closed_unsuccessful", "closed unsuccessful"),
                            ("merged", "merged"),
                        ],
                        max_length=30,
                        verbose_name="type",
                    ),
                ),
                (
                    "waits_for",
                    models.CharField(
                        choices=[
                            ("us", "With us"),
                            ("customer", "Waiting for the customer"),
                            ("third_party", "Waiting for a third party"),
                            ("nobody", "Done"),
                        ],
                        default="us",
                        max_length=20,
                        verbose_name="whose turn",
                    ),
                ),
                (
                    "closes_to",
                    models.ForeignKey(
                        blank=True,
                        help_text="For auto close: the status it turns into when the time is up.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.status",
                        verbose_name="closes to",
                    ),
                ),
            ],
            options={
                "verbose_name": "status",
                "verbose_name_plural": "statuses",
                "ordering": ("position",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("type", "pending_close"), _negated=True),
                            ("closes_to__isnull", False),
                            _connector="OR",
                        ),
                        name="status_auto_close_has_target",
                        violation_error_message="Say which status the auto close turns into.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="description")),
                (
                    "closed_follow_up",
                    models.CharField(
                        choices=[("reopen", "reopens the ticket"), ("new_ticket", "opens a new, linked ticket")],
                        default="reopen",
                        max_length=20,
                        verbose_name="a message to a closed ticket",
                    ),
                ),
                (
                    "absent_owner",
                    models.CharField(
                        choices=[
                            ("keep", "stays with its owner"),
                            ("team", "goes back to the team"),
                            ("deputy", "goes to the deputy, or to the team without one"),
                        ],
                        default="deputy",
                        max_length=20,
                        verbose_name="a message while its owner is away",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="team_name_unique",
                        violation_error_message="There is already a team with this name.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AnswerTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "texts",
                    models.JSONField(default=dict, help_text="A text for each language code.", verbose_name="texts"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answer_templates",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "template",
                "verbose_name_plural": "templates",
                "ordering": ("position", "name"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "name"),
                        name="answer_template_unique",
                        nulls_distinct=False,
                        violation_error_message="There is already a template with this name.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254, unique=True, verbose_name="address")),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="sender's name")),
                (
                    "is_default",
                    models.BooleanField(
                        default=False, help_text="Takes mail that names none of our addresses.", verbose_name="default"
                    ),
                ),
                ("sends_auto_reply", models.BooleanField(default=True, verbose_name="acknowledges new tickets")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mailboxes",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "mailbox",
                "verbose_name_plural": "mailboxes",
                "ordering": ("address",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("address", django.db.models.functions.text.Lower("address"))),
                        name="mailbox_address_lower",
                        violation_error_message="E-mail addresses are kept in lower case.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="mailbox_one_default",
                        violation_error_message="Another mailbox is already the default.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=[("hu", "Hungarian"), ("en", "English")], max_length=10, verbose_name="language"
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="text")),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "signature",
                "verbose_name_plural": "signatures",
                "ordering": ("team", "language"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "language"),
                        name="signature_unique",
                        violation_error_message="This team already has a signature in this language.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("name", models.CharField(help_text="As the person writes it.", max_length=200, verbose_name="name")),
                ("email", models.EmailField(blank=True, max_length=254, null=True, unique=True, verbose_name="e-mail")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                ("job_title", models.CharField(blank=True, max_length=120, verbose_name="job title")),
                (
                    "place",
                    models.CharField(
                        blank=True, help_text="Where he works: site, floor, room.", max_length=120, verbose_name="place"
                    ),
                ),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("customer", "Customer"), ("agent", "Agent"), ("admin", "Administrator")],
                            max_length=30,
                        ),
                        default=list,
                        size=None,
                        verbose_name="roles",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("hu", "Hungarian"), ("en", "English")],
                        default="hu",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                ("time_zone", models.CharField(default="Europe/Budapest", max_length=60, verbose_name="time zone")),
                ("single_keys", models.BooleanField(default=True, verbose_name="single letters are keys")),
                (
                    "undo_seconds",
                    models.PositiveSmallIntegerField(
                        default=8, help_text="Seconds; 0 sends at once.", verbose_name="time to undo a sending"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="tickets.organisation",
                        verbose_name="organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "ordering": ("name",),
                "indexes": [
                    models.Index(condition=models.Q(("phone", ""), _negated=True), fields=["phone"], name="user_phone"),
                    django.contrib.postgres.indexes.GinIndex(fields=["roles"], name="user_roles"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="user_email_lower",
                        violation_error_message="E-mail addresses are kept in lower case.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("undo_seconds__lte", 60)),
                        name="user_undo_seconds_range",
                        violation_error_message="A sending can be held for a minute at most.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "cancelled_at",
                    models.DateTimeField(editable=False, help_text="When it was called off, if it was.", null=True),
                ),
                (
                    "caught_up_at",
                    models.DateTimeField(
                        editable=False, help_text="When the person had seen what went to others meanwhile.", null=True
                    ),
                ),
                (
                    "deputy",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deputises",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="deputy",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "absence",
                "verbose_name_plural": "absences",
                "ordering": ("starts_at",),
                "indexes": [models.Index(fields=["user", "ends_at"], name="absence_current")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="absence_has_length",
                        violation_error_message="An absence ends after it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deputy__isnull", True),
                            models.Q(("deputy", models.F("user")), _negated=True),
                            _connector="OR",
                        ),
                        name="absence_deputy_is_another",
                        violation_error_message="Somebody else has to stand in.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("cancelled_at__isnull", True)),
                        expressions=[
                            (
                                models.Func(
                                    models.F("user"),
                                    models.F("user"),
                                    models.Value("[]"),
                                    function="int8range",
                                    output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("starts_at"),
                                    models.F("ends_at"),
                                    function="tstzrange",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="absence_no_overlap",
                        violation_error_message="There is already an absence at that time.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="addresses",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "address",
                "verbose_name_plural": "addresses",
                "ordering": ("email",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="address_email_lower",
                        violation_error_message="E-mail addresses are kept in lower case.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("digest", models.CharField(help_text="SHA-256 of the token.", max_length=64, unique=True)),
                ("hint", models.CharField(help_text="The first characters, to tell tokens apart.", max_length=12)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("used_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="AutoReplyText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=[("hu", "Hungarian"), ("en", "English")], max_length=10, verbose_name="language"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="auto_reply_texts",
                        to="tickets.mailbox",
                        verbose_name="mailbox",
                    ),
                ),
            ],
            options={
                "verbose_name": "automatic reply",
                "verbose_name_plural": "automatic replies",
                "ordering": ("mailbox", "language"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mailbox", "language"),
                        name="auto_reply_text_unique",
                        violation_error_message="This mailbox already has an automatic reply in this language.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BroadcastOptOut",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="broadcast_opt_out",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("opted_out_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("came_back_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BulkRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("act", models.CharField(help_text="A code of `tickets.bulk.acts`.", max_length=20)),
                (
                    "values",
                    models.JSONField(default=dict, help_text="Ids and codes; a note's text only until it is written."),
                ),
                (
                    "ticket_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "dry run"), ("running", "running"), ("finished", "finished")],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bulk_runs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="tickets.bulkrun",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["by", "-id"], name="bulk_run_own"),
                    models.Index(
                        condition=models.Q(("state", "finished"), _negated=True), fields=["id"], name="bulk_run_open"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConfigurationChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "act",
                    models.CharField(
                        choices=[("added", "added"), ("changed", "changed"), ("removed", "removed")], max_length=10
                    ),
                ),
                ("thing", models.CharField(help_text="The model's name: team, mailbox, status ...", max_length=40)),
                ("thing_id", models.BigIntegerField()),
                ("name", models.CharField(help_text="What the thing was called.", max_length=200)),
                (
                    "changes",
                    models.JSONField(default=dict, help_text='{"field": [before, after]}; secrets only as "changed".'),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "configuration change",
                "verbose_name_plural": "configuration changes",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["thing", "thing_id", "-id"], name="configuration_of_thing")],
            },
        ),
        migrations.CreateModel(
            name="ImapSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=253, verbose_name="host")),
                ("port", models.PositiveIntegerField(default=993, verbose_name="port")),
                (
                    "security",
                    models.CharField(
                        choices=[("tls", "TLS"), ("starttls", "STARTTLS"), ("plain", "none (this machine only)")],
                        default="tls",
                        max_length=10,
                        verbose_name="security",
                    ),
                ),
                ("user_name", models.CharField(max_length=254, verbose_name="user name")),
                (
                    "secret",
                    models.BinaryField(
                        blank=True, default=b"", help_text="Encrypted with the secret key.", verbose_name="password"
                    ),
                ),
                ("folder", models.CharField(default="INBOX", max_length=200, verbose_name="folder")),
                (
                    "after",
                    models.CharField(
                        choices=[("seen", "mark as seen"), ("move", "move to a folder")],
                        default="seen",
                        max_length=10,
                        verbose_name="afterwards",
                    ),
                ),
                ("move_to", models.CharField(blank=True, max_length=200, verbose_name="move to")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("fetched_at", models.DateTimeField(editable=False, null=True)),
                ("last_error", models.CharField(blank=True, editable=False, max_length=500)),
                ("failed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "mailbox",
                    models.ForeignKey(
                        help_text="Where mail goes that names none of our addresses.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="imap_sources",
                        to="tickets.mailbox",
                        verbose_name="mailbox",
                    ),
                ),
            ],
            options={
                "verbose_name": "IMAP source",
                "verbose_name_plural": "IMAP sources",
                "ordering": ("host", "user_name"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("after", "move"), _negated=True),
                            models.Q(("move_to", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="imap_move_has_folder",
                        violation_error_message="Say which folder to move to.",
                    ),
                    models.UniqueConstraint(
                        fields=("host", "user_name", "folder"),
                        name="imap_source_unique",
                        violation_error_message="This folder is already fetched.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListLayout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("view", models.CharField(max_length=40)),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("sort", models.CharField(blank=True, max_length=40)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="list_layouts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "view"), name="list_layout_unique")],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rights",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("read", "Read"),
                                ("create", "Create"),
                                ("note", "Note"),
                                ("reply", "Reply"),
                                ("move_in", "Move in"),
                                ("own", "Own"),
                                ("priority", "Priority"),
                                ("all", "All"),
                            ],
                            max_length=20,
                        ),
                        default=list,
                        size=None,
                        verbose_name="rights",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="agent",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "membership",
                "verbose_name_plural": "memberships",
                "ordering": ("team", "user"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "user"),
                        name="membership_unique",
                        violation_error_message="This agent is already in the team.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeChoices",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="notice_choices",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("is_mail_off", models.BooleanField(default=False, verbose_name="no notices by mail")),
                ("by_kind", models.JSONField(default=dict, help_text="Kind to when; else the default.")),
                ("bundle_minutes", models.PositiveSmallIntegerField(default=15, verbose_name="a bundle is sent after")),
                ("daily_at", models.TimeField(default=datetime.time(8, 0), verbose_name="once a day, at")),
                ("quiet_from", models.TimeField(blank=True, null=True, verbose_name="quiet from")),
                ("quiet_until", models.TimeField(blank=True, null=True, verbose_name="quiet until")),
                ("is_quiet_for_urgent", models.BooleanField(default=False, verbose_name="also for what never waits")),
                (
                    "when_away",
                    models.CharField(
                        choices=[("hold", "kept until I am back"), ("deputy", "my deputy hears of it as well")],
                        default="hold",
                        max_length=10,
                        verbose_name="while I am away",
                    ),
                ),
                ("last_mail_at", models.DateTimeField(editable=False, null=True)),
                (
                    "teams",
                    models.ManyToManyField(
                        blank=True, related_name="+", to="tickets.team", verbose_name="news of teams"
                    ),
                ),
            ],
            options={
                "verbose_name": "choices about notices",
                "verbose_name_plural": "choices about notices",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("bundle_minutes__gte", 1), ("bundle_minutes__lte", 240)),
                        name="notice_bundle_minutes_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("quiet_from__isnull", True), ("quiet_until__isnull", True)),
                            models.Q(
                                ("quiet_from__isnull", False),
                                ("quiet_until__isnull", False),
                                models.Q(("quiet_from", models.F("quiet_until")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="notice_quiet_hours_whole",
                        violation_error_message="Quiet hours have a beginning and another time as their end.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("condition", models.JSONField(default=dict, help_text="A tree of `tickets.conditions`.")),
                (
                    "sort",
                    models.CharField(
                        blank=True, help_text="A column, with a minus sign when descending.", max_length=40
                    ),
                ),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                ("group_by", models.CharField(blank=True, max_length=20)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="saved_views",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ("position", "name"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("owner__isnull", False), ("team__isnull", True)),
                            models.Q(("owner__isnull", True), ("team__isnull", False)),
                            _connector="OR",
                        ),
                        name="saved_view_of_one",
                        violation_error_message="A view belongs to one person or to one team.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="saved_view_named",
                        violation_error_message="Give the view a name.",
                    ),
                    models.UniqueConstraint(
                        fields=("owner", "team", "name"),
                        name="saved_view_name_unique",
                        nulls_distinct=False,
                        violation_error_message="There is already a view with this name.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SentForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField()),
                ("created_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="sent_form_unique")],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="description")),
                (
                    "colour",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="One of the design's seven hues, 0 to 6.",
                        null=True,
                        verbose_name="colour",
                    ),
                ),
                ("joined_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "answer",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="A text for each language code.",
                        verbose_name="standing answer",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(default=True, help_text="Offered when a tag is typed.", verbose_name="active"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "answer_template",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tags",
                        to="tickets.answertemplate",
                        verbose_name="standing answer from a template",
                    ),
                ),
                (
                    "joined_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who answers for the problem behind the tag.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owned_tags",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who answers for it",
                    ),
                ),
                (
                    "synonym_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="synonyms",
                        to="tickets.tag",
                        verbose_name="another word for",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tags",
                        to="tickets.team",
                        verbose_name="team that looks after it",
                    ),
                ),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="tag_name_unique",
                        violation_error_message="There is already a tag with this name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="tag_named",
                        violation_error_message="A tag has a name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("colour__isnull", True), ("colour__lte", 6), _connector="OR"),
                        name="tag_colour_range",
                        violation_error_message="The colour is one of seven.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("synonym_of__isnull", True),
                            models.Q(("synonym_of", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="tag_not_its_own_synonym",
                        violation_error_message="A tag can't be another word for itself.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answer_template__isnull", True), ("answer", {}), _connector="OR"),
                        name="tag_one_standing_answer",
                        violation_error_message="The standing answer is a template or a text of its own, not both.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("description", models.TextField(blank=True, max_length=10000, verbose_name="description")),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "open"), ("closed", "closed")],
                        default="open",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "outage",
                    models.JSONField(
                        blank=True, default=dict, help_text="A text by language code.", verbose_name="known outage"
                    ),
                ),
                ("is_outage_shown", models.BooleanField(default=False, verbose_name="shown in the portal")),
                ("outage_since", models.DateTimeField(blank=True, null=True)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owned_groups",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "tags",
                    models.ManyToManyField(blank=True, related_name="groups", to="tickets.tag", verbose_name="tags"),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="groups",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "group",
                "verbose_name_plural": "groups",
                "ordering": ("-changed_at", "-id"),
                "indexes": [
                    models.Index(fields=["status", "-changed_at", "-id"], name="group_status_changed"),
                    models.Index(
                        condition=models.Q(("is_outage_shown", True)), fields=["-outage_since"], name="group_outage"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True),
                        name="group_titled",
                        violation_error_message="Give the group a title.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("status", "open")),
                            models.Q(("closed_at__isnull", False), ("status", "closed")),
                            _connector="OR",
                        ),
                        name="group_closed_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_outage_shown", False), models.Q(("outage", {}), _negated=True), _connector="OR"
                        ),
                        name="group_outage_has_words",
                        violation_error_message="Write what the portal shall say first.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ArrivalRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        error_messages={"unique": "There is already a rule with this name."},
                        max_length=80,
                        unique=True,
                        verbose_name="name",
                    ),
                ),
                ("condition", models.JSONField(blank=True, default=dict, verbose_name="condition")),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "tags",
                    models.ManyToManyField(
                        blank=True, related_name="arrival_rules", to="tickets.tag", verbose_name="tags"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrival_rules",
                        to="tickets.ticketgroup",
                        verbose_name="group",
                    ),
                ),
            ],
            options={
                "verbose_name": "rule on arrival",
                "verbose_name_plural": "rules on arrival",
                "ordering": ("position", "id"),
            },
        ),
        migrations.CreateModel(
            name="Broadcast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("reply", "message to the reporters"),
                            ("solved", "“it is solved” to all who were told"),
                            ("note", "internal note on every ticket"),
                            ("status", "status of every ticket"),
                        ],
                        max_length=10,
                    ),
                ),
                ("texts", models.JSONField(default=dict, help_text="A text by language code; a note has one.")),
                ("pending_until", models.DateTimeField(null=True)),
                ("tells_late_joiners", models.BooleanField(default=True)),
                ("last_member", models.BigIntegerField(help_text="The group's newest membership at the sending.")),
                ("is_frozen", models.BooleanField(default=False, help_text="Its deliveries are written.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for release"),
                            ("held", "about to start"),
                            ("sending", "on its way"),
                            ("done", "done"),
                            ("stopped", "stopped"),
                        ],
                        max_length=10,
                    ),
                ),
                ("planned_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("held_until", models.DateTimeField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stopped_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "status",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.status"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="broadcasts",
                        to="tickets.ticketgroup",
                    ),
                ),
            ],
            options={
                "verbose_name": "broadcast",
                "verbose_name_plural": "broadcasts",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["group", "-id"], name="broadcast_of_group"),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "held", "sending"])),
                        fields=["id"],
                        name="broadcast_under_way",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "held", "sending"])),
                        fields=("group",),
                        name="broadcast_one_under_way",
                        violation_error_message="Another broadcast of this group is on its way.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("released_by__isnull", True),
                            models.Q(("released_by", models.F("by")), _negated=True),
                            _connector="OR",
                        ),
                        name="broadcast_two_people",
                        violation_error_message="A broadcast to so many takes two people: someone else has to release it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "stopped"), _negated=True),
                            ("stopped_at__isnull", False),
                            _connector="OR",
                        ),
                        name="broadcast_stopped_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True), ("done_at__isnull", False), _connector="OR"
                        ),
                        name="broadcast_done_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Burst",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), default=list, size=None
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("proposed", "proposed"), ("accepted", "made a group"), ("dismissed", "dismissed")],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_report_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bursts",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bursts",
                        to="tickets.ticketgroup",
                    ),
                ),
            ],
            options={
                "verbose_name": "burst of alike reports",
                "verbose_name_plural": "bursts of alike reports",
                "ordering": ("-raised_at", "-id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "proposed")), fields=["team", "-raised_at"], name="burst_proposed"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("state", "proposed")),
                            models.Q(models.Q(("state", "proposed"), _negated=True), ("settled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="burst_settled_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("group__isnull", False), ("state", "accepted")),
                            models.Q(models.Q(("state", "accepted"), _negated=True), ("group__isnull", True)),
                            _connector="OR",
                        ),
                        name="burst_accepted_has_group",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupClosing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("close", "Close it as solved"),
                            ("ask", "Ask the reporter to confirm"),
                            ("leave", "Leave it as it is"),
                        ],
                        default="close",
                        max_length=10,
                    ),
                ),
                ("texts", models.JSONField(default=dict, help_text="What reporters are asked, by language code.")),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "planned"), ("running", "running"), ("finished", "finished")],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="closings", to="tickets.ticketgroup"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["group", "-id"], name="group_closing_newest"),
                    models.Index(condition=models.Q(("state", "running")), fields=["id"], name="group_closing_running"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "planned")), fields=("group", "by"), name="group_closing_one_plan"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_watches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="watches", to="tickets.ticketgroup"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "group"), name="group_watch_unique")],
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(editable=False, max_length=30, unique=True, verbose_name="number")),
                ("title", models.CharField(max_length=250, verbose_name="title")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "Mail"),
                            ("web", "Portal"),
                            ("phone", "Phone"),
                            ("chat", "Chat"),
                            ("api", "API"),
                            ("agent", "Agent"),
                            ("system", "System"),
                        ],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                ("pending_until", models.DateTimeField(blank=True, null=True, verbose_name="pending until")),
                (
                    "due_at",
                    models.DateTimeField(
                        blank=True, help_text="The earliest promise to keep.", null=True, verbose_name="due"
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="opened"),
                ),
                (
                    "changed_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="changed"),
                ),
                ("closed_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="closed")),
                ("customer_wrote_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("answered_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="tickets.kind",
                        verbose_name="kind",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_tickets",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="tickets.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Works on it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owned_tickets",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "priority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="tickets.priority",
                        verbose_name="priority",
                    ),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        blank=True,
                        help_text="Answers for it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="responsible_tickets",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="responsible",
                    ),
                ),
                (
                    "status",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="tickets.status",
                        verbose_name="status",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket",
                "verbose_name_plural": "tickets",
                "ordering": ("-opened_at",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=["team", "-changed_at", "-id"],
                        name="ticket_open_team",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=["owner", "-changed_at", "-id"],
                        name="ticket_open_owner",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True), ("due_at__isnull", False)),
                        fields=["due_at"],
                        name="ticket_due",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True), ("pending_until__isnull", False)),
                        fields=["pending_until"],
                        name="ticket_pending",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True), ("owner__isnull", True)),
                        fields=["-opened_at", "-id"],
                        name="ticket_unassigned",
                    ),
                    models.Index(fields=["customer", "-opened_at"], name="ticket_customer"),
                    models.Index(fields=["organisation", "-opened_at"], name="ticket_organisation"),
                    models.Index(fields=["-changed_at", "-id"], name="ticket_changed"),
                    models.Index(fields=["-opened_at", "-id"], name="ticket_opened"),
                    models.Index(
                        django.db.models.functions.text.Length("number"), models.F("number"), name="ticket_number_order"
                    ),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", False)), fields=["-closed_at"], name="ticket_closed"
                    ),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", False)),
                        fields=["-changed_at", "-id"],
                        name="ticket_closed_changed",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=["team", "status"],
                        name="ticket_open_status",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number", ""), _negated=True), models.Q(("title", ""), _negated=True)
                        ),
                        name="ticket_number_and_title",
                        violation_error_message="A ticket has a number and a title.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True),
                            models.Q(("merged_into", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="ticket_not_merged_into_itself",
                        violation_error_message="A ticket can't be merged into itself.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True), ("closed_at__isnull", False), _connector="OR"
                        ),
                        name="ticket_merged_is_closed",
                        violation_error_message="A ticket that was merged is closed.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ArrivalMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("tag_retired", "a tag of the rule is no longer offered"),
                            ("too_many_tags", "the ticket had too many tags"),
                            ("group_closed", "the group is closed"),
                            ("in_another_group", "the ticket was in another group already"),
                            ("failed", "the server could not do it; the log has the reason"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matches",
                        to="tickets.arrivalrule",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["rule", "-at"], name="arrival_match_rule"),
                    models.Index(
                        condition=models.Q(("problem", ""), _negated=True),
                        fields=["rule", "-at"],
                        name="arrival_match_problem",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("done", "done"),
                            ("unchanged", "was already so"),
                            ("refused", "refused"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "sentence",
                    models.CharField(
                        blank=True, help_text="Why it was refused, in the agent's language.", max_length=300
                    ),
                ),
                ("before", models.JSONField(default=dict, help_text="What an undo puts back; empty when it cannot.")),
                (
                    "seq",
                    models.PositiveIntegerField(help_text="The ticket's last event right after the act.", null=True),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="tickets.bulkrun",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["run", "id"], name="bulk_item_waiting"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("run", "ticket"), name="bulk_item_once")],
            },
        ),
        migrations.CreateModel(
            name="BurstReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "burst",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="tickets.burst"
                    ),
                ),
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="burst_report", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "verbose_name": "report of a burst",
                "verbose_name_plural": "reports of bursts",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("reply", "reply"),
                            ("note", "internal note"),
                            ("call", "phone record"),
                            ("forward", "forward"),
                            ("new_ticket", "new ticket"),
                        ],
                        max_length=20,
                    ),
                ),
                ("fields", models.JSONField(default=dict, help_text="The form's fields as typed, by name.")),
                (
                    "based_on",
                    models.PositiveIntegerField(
                        default=0, help_text="The last line of the history its writer had seen."
                    ),
                ),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=0, help_text="Counts the savings; a tab names the one it has seen."
                    ),
                ),
                ("tab", models.CharField(blank=True, help_text="Which open page saved it last.", max_length=40)),
                (
                    "others",
                    models.JSONField(
                        default=dict, help_text="Texts of other open pages, set aside: {tab: {fields, at}}."
                    ),
                ),
                (
                    "orders",
                    models.JSONField(default=dict, help_text="What was decided on sending: readers, status, promise."),
                ),
                ("send_at", models.DateTimeField(null=True)),
                ("refusal", models.CharField(blank=True, max_length=500)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="drafts", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drafts",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "draft",
                "verbose_name_plural": "drafts",
                "ordering": ("-saved_at",),
                "indexes": [
                    models.Index(condition=models.Q(("send_at__isnull", False)), fields=["send_at"], name="draft_due")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("send_at__isnull", True)),
                        fields=("user", "ticket", "kind"),
                        name="draft_unique",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupClosingItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("close", "Close it as solved"),
                            ("ask", "Ask the reporter to confirm"),
                            ("leave", "Leave it as it is"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "chosen"),
                            ("waiting", "waiting"),
                            ("done", "done"),
                            ("unchanged", "left as it is"),
                            ("refused", "refused"),
                            ("failed", "failed"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                (
                    "sentence",
                    models.CharField(
                        blank=True, help_text="Why it was refused, in the agent's language.", max_length=300
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("solved", "says it is solved"), ("not_solved", "says it is not solved")],
                        max_length=12,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "closing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="tickets.groupclosing",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_closing_items",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["closing", "id"],
                        name="group_closing_item_waiting",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("closing", "ticket"), name="group_closing_item_once")],
            },
        ),
        migrations.CreateModel(
            name="GroupEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("opened", "opened"),
                            ("joined", "ticket joined"),
                            ("left", "ticket left"),
                            ("changed", "changed"),
                            ("outage_shown", "outage shown in the portal"),
                            ("outage_hidden", "outage no longer shown"),
                            ("closed", "closed"),
                            ("reopened", "opened again"),
                            ("followed_up", "a reporter wrote after the closing"),
                            ("broadcast_planned", "broadcast sent off"),
                            ("broadcast_released", "broadcast released"),
                            ("broadcast_stopped", "broadcast stopped"),
                            ("broadcast_done", "broadcast done"),
                        ],
                        max_length=30,
                    ),
                ),
                ("data", models.JSONField(default=dict)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticket"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="tickets.ticketgroup"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [models.Index(fields=["group", "-id"], name="group_event_newest")],
            },
        ),
        migrations.CreateModel(
            name="GroupMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("selection", "from a selection"),
                            ("tag", "from a tag"),
                            ("radar", "proposed as alike"),
                            ("typed", "from the ticket's page"),
                            ("rule", "by a rule on arrival"),
                            ("portal", "the reporter said “me too”"),
                        ],
                        max_length=20,
                    ),
                ),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("left_at", models.DateTimeField(blank=True, null=True)),
                ("group_closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "joined_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "left_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_memberships",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="tickets.ticketgroup",
                    ),
                ),
            ],
            options={
                "verbose_name": "membership of a group",
                "verbose_name_plural": "memberships of groups",
                "ordering": ("joined_at", "id"),
                "indexes": [models.Index(fields=["group", "joined_at", "id"], name="group_membership_joined")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("group_closed_at__isnull", True), ("left_at__isnull", True)),
                        fields=("ticket",),
                        name="ticket_in_one_open_group",
                        violation_error_message="The ticket is in another open group already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("left_at__isnull", True)),
                        fields=("group", "ticket"),
                        name="ticket_once_in_group",
                        violation_error_message="The ticket is in this group already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Likeness",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "score",
                    models.FloatField(help_text="0 to 1: how much of what the ticket says is said by the other."),
                ),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("rejected_at", models.DateTimeField(blank=True, null=True)),
                (
                    "rejected_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alike_later", to="tickets.ticket"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alike", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "verbose_name": "likeness",
                "verbose_name_plural": "likenesses",
                "ordering": ("-score", "-other"),
                "indexes": [models.Index(fields=["found_at"], name="likeness_found")],
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "other"), name="likeness_once"),
                    models.CheckConstraint(
                        condition=models.Q(("ticket", models.F("other")), _negated=True), name="likeness_of_two"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="mutes", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mutes",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mutes",
                        to="tickets.ticketgroup",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("group__isnull", True), ("ticket__isnull", False)),
                            models.Q(("group__isnull", False), ("ticket__isnull", True)),
                            _connector="OR",
                        ),
                        name="mute_of_one_thing",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ticket__isnull", False)),
                        fields=("user", "ticket"),
                        name="mute_ticket_unique",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("group__isnull", False)), fields=("user", "group"), name="mute_group_unique"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="participations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="participants", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "user"),
                        name="participant_unique",
                        violation_error_message="This person already takes part.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Promise",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("by_when", models.DateTimeField(verbose_name="by when")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("kept", "kept"),
                            ("withdrawn", "withdrawn"),
                        ],
                        default="asked",
                        max_length=20,
                    ),
                ),
                (
                    "proposed",
                    models.DateTimeField(
                        blank=True, help_text="What the colleague who was asked offers instead.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reminded_at",
                    models.DateTimeField(editable=False, help_text="When it was told that it is due soon.", null=True),
                ),
                (
                    "told_late_at",
                    models.DateTimeField(editable=False, help_text="When it was told that it is late.", null=True),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="asked_promises",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "who",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who answers",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="promises", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["asked", "accepted"])),
                        fields=["who", "by_when"],
                        name="promise_open",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["asked", "accepted"]), ("told_late_at__isnull", True)),
                        fields=["by_when"],
                        name="promise_to_tell",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["asked", "accepted"])),
                        fields=("ticket",),
                        name="promise_one_open_per_ticket",
                        violation_error_message="There is already a promise on this ticket.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("state__in", ["asked", "accepted"])),
                            models.Q(("settled_at__isnull", False), ("state__in", ["declined", "kept", "withdrawn"])),
                            _connector="OR",
                        ),
                        name="promise_settled_when_over",
                        violation_error_message="A promise that is over has the time when it ended.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RadarPending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_arrival", models.BooleanField(default=False)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="RadarText",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="radar_text",
                        serialize=False,
                        to="tickets.ticket",
                    ),
                ),
                ("terms", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                (
                    "in_title",
                    django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None),
                ),
                (
                    "in_body",
                    django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SealedHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveIntegerField()),
                ("hash", models.BinaryField()),
                (
                    "seal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="heads", to="tickets.seal"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sealed_heads", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("ticket", "seal"), name="sealed_head_unique")],
            },
        ),
        migrations.CreateModel(
            name="SealPending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ticket",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SeenMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seen_at", models.DateTimeField()),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seen_marks", to="tickets.ticket"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "ticket"), name="seen_mark_unique")],
            },
        ),
        migrations.CreateModel(
            name="TicketLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("follows", "follows"),
                            ("split", "split from"),
                            ("relates", "relates to"),
                            ("blocks", "blocks"),
                            ("caused_by", "caused by"),
                        ],
                        default="relates",
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="tickets.ticket"
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="linked_from", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "target", "type"),
                        name="ticket_link_unique",
                        violation_error_message="These tickets are already linked.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="ticket_link_not_itself",
                        violation_error_message="A ticket can't be linked to itself.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("is_open", models.BooleanField(default=True, editable=False)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("tag", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tickets.tag")),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.team",
                    ),
                ),
                ("ticket", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="tickets.ticket")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_open", True)),
                        fields=["tag", "opened_at"],
                        include=("team", "ticket"),
                        name="ticket_tag_open",
                    ),
                    models.Index(fields=["tag", "opened_at"], include=("team", "ticket"), name="ticket_tag_opened"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "tag"),
                        name="ticket_tag_unique",
                        violation_error_message="The ticket already has this tag.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Watch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="watches", to="tickets.ticket"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="watches", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "ticket"), name="watch_unique")],
            },
        ),
        migrations.CreateModel(
            name="DraftFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("media_type", models.CharField(default="application/octet-stream", max_length=150)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "blob",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.blob"),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="tickets.draft"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mail", "mail"),
                            ("web", "web"),
                            ("phone", "phone"),
                            ("note", "note"),
                            ("chat", "chat"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "sender",
                    models.CharField(
                        choices=[("customer", "customer"), ("agent", "agent"), ("system", "system")], max_length=10
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "Mail"),
                            ("web", "Portal"),
                            ("phone", "Phone"),
                            ("chat", "Chat"),
                            ("api", "API"),
                            ("agent", "Agent"),
                            ("system", "System"),
                        ],
                        max_length=10,
                    ),
                ),
                ("visible_to_customer", models.BooleanField()),
                ("is_automatic", models.BooleanField(default=False, help_text="Written by a machine: ours or theirs.")),
                (
                    "is_unconfirmed",
                    models.BooleanField(default=False, help_text="From a stranger who knew the number."),
                ),
                ("from_address", models.CharField(blank=True, max_length=320)),
                ("from_name", models.CharField(blank=True, max_length=300)),
                ("to", models.JSONField(default=list, help_text="[[name, address], ...] as written.")),
                ("cc", models.JSONField(default=list, help_text="[[name, address], ...] as written.")),
                ("subject", models.TextField(blank=True)),
                ("body", models.TextField(blank=True, help_text="The whole readable text.")),
                (
                    "fresh",
                    models.TextField(
                        blank=True, help_text="What the sender wrote anew, without the quotation; '' when all is."
                    ),
                ),
                ("html", models.TextField(blank=True, help_text="As received; sanitised each time it is shown.")),
                (
                    "mail_id",
                    models.CharField(blank=True, help_text="The Message-ID without angle brackets.", max_length=998),
                ),
                (
                    "traits",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("sent_at", models.DateTimeField(help_text="The Date the sender's machine claims.", null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("content_hash", models.BinaryField(default=b"", help_text="SHA-256, computed in the database.")),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "ordering": ("created_at", "id"),
                "indexes": [
                    models.Index(fields=["ticket", "created_at"], name="message_ticket"),
                    models.Index(
                        condition=models.Q(("mail_id", ""), _negated=True), fields=["mail_id"], name="message_mail_id"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "note"), _negated=True), ("visible_to_customer", False), _connector="OR"
                        ),
                        name="message_note_is_internal",
                        violation_error_message="An internal note is never shown to the customer.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Acceptance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="acceptance", to="tickets.message"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ticket_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="All tickets that it concerns, the one it is said in first.",
                        size=None,
                    ),
                ),
                ("language", models.CharField(blank=True, max_length=10)),
                ("address", models.CharField(blank=True, max_length=320)),
                (
                    "is_late",
                    models.BooleanField(default=False, help_text="Joined the group after the broadcast was sent."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("sent", "sent"),
                            ("deferred", "deferred"),
                            ("bounced", "bounced"),
                            ("skipped", "skipped"),
                            ("failed", "failed"),
                            ("replied", "replied"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_person", "the reporter is not known"),
                            ("no_address", "no e-mail address"),
                            ("bad_address", "mail to the address comes back"),
                            ("inactive", "the account is switched off"),
                            ("opted_out", "wants no broadcasts"),
                            ("closed", "the ticket was closed earlier"),
                            ("merged", "the ticket was merged into another one"),
                            ("left", "left the group"),
                            ("told", "has been told the same already"),
                            ("already", "is already so"),
                            ("unfilled", "a placeholder has no value here"),
                            ("refused", "a rule says no"),
                            ("fault", "the server could not do it"),
                            ("mail", "the mail server refused it"),
                            ("stopped", "the broadcast was stopped"),
                            ("erased", "erased as the law demands"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "detail",
                    models.CharField(blank=True, help_text="A sentence, or what the mail server said.", max_length=500),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("delivered_at", models.DateTimeField(help_text="When it was said in the ticket.", null=True)),
                ("replied_at", models.DateTimeField(null=True)),
                (
                    "broadcast",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="tickets.broadcast",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retried_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delivery",
                        to="tickets.message",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at__isnull", True), ("state__in", ["queued", "deferred"])),
                        fields=["broadcast", "next_try_at", "id"],
                        name="delivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("person__isnull", False)),
                        fields=["person", "-id"],
                        name="delivery_of_person",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("broadcast", "person"),
                        name="delivery_once_per_person",
                        violation_error_message="This person gets this broadcast already.",
                    ),
                    models.UniqueConstraint(
                        fields=("broadcast", "ticket"),
                        name="delivery_once_per_ticket",
                        violation_error_message="This ticket has this broadcast already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["skipped", "failed", "bounced"]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="delivery_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("approved_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="erasures", to="tickets.message"
                    ),
                ),
            ],
            options={
                "verbose_name": "erasure",
                "verbose_name_plural": "erasures",
                "ordering": ("-asked_at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="erasure_two_people",
                        violation_error_message="An erasure takes two people: someone else has to approve it.",
                    ),
                    models.UniqueConstraint(
                        fields=("message",),
                        name="erasure_once",
                        violation_error_message="The erasure of this message was already asked for.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveIntegerField(default=0)),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("opened", "opened"),
                            ("message_received", "message received"),
                            ("replied", "replied"),
                            ("noted", "noted"),
                            ("call_recorded", "call recorded"),
                            ("auto_replied", "automatic reply sent"),
                            ("auto_reply_held", "automatic reply held back"),
                            ("message_accepted", "stranger's message accepted"),
                            ("mail_sent", "mail sent"),
                            ("mail_failed", "mail failed"),
                            ("mail_bounced", "mail bounced"),
                            ("mail_resent", "mail queued again"),
                            ("mail_repeated", "same mail came to another address"),
                            ("forwarded", "forwarded"),
                            ("redirected", "redirected"),
                            ("split", "message split off"),
                            ("assigned", "assigned"),
                            ("unassigned", "unassigned"),
                            ("responsible_changed", "responsible changed"),
                            ("moved", "moved"),
                            ("status_changed", "status changed"),
                            ("priority_changed", "priority changed"),
                            ("kind_changed", "kind changed"),
                            ("title_changed", "title changed"),
                            ("customer_changed", "customer changed"),
                            ("tagged", "tagged"),
                            ("untagged", "untagged"),
                            ("promised", "promised"),
                            ("promise_accepted", "promise accepted"),
                            ("promise_proposed", "another time proposed"),
                            ("promise_declined", "promise declined"),
                            ("promise_kept", "promise kept"),
                            ("promise_withdrawn", "promise withdrawn"),
                            ("promise_due", "promise due soon"),
                            ("promise_late", "promise late"),
                            ("reminded", "pending time is up"),
                            ("participant_added", "participant added"),
                            ("participant_removed", "participant removed"),
                            ("watched", "watched"),
                            ("unwatched", "no longer watched"),
                            ("mentioned", "colleague mentioned"),
                            ("linked", "linked"),
                            ("unlinked", "link removed"),
                            ("joined_group", "joined a group"),
                            ("left_group", "left a group"),
                            ("told", "told in another ticket"),
                            ("group_closed", "group closed"),
                            ("merged", "merged"),
                            ("unmerged", "merge undone"),
                            ("erasure_asked", "erasure asked for"),
                            ("erased", "content erased"),
                        ],
                        max_length=30,
                    ),
                ),
                ("data", models.JSONField(default=dict)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "tag_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("title_hash", models.BinaryField(default=b"")),
                ("message_hash", models.BinaryField(null=True)),
                ("prev_hash", models.BinaryField(default=b"")),
                ("hash", models.BinaryField(default=b"")),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.kind",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="tickets.message",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.organisation",
                    ),
                ),
                (
                    "priority",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.priority",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="tickets.ticket"
                    ),
                ),
                (
                    "status",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.status",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.team",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ("ticket", "seq"),
                "indexes": [
                    models.Index(fields=["recorded_at"], name="event_recorded_at"),
                    models.Index(
                        condition=models.Q(("data__reason", "owner_away")),
                        fields=["recorded_at"],
                        name="event_owner_away",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("ticket", "seq"), name="event_seq_unique")],
            },
        ),
        migrations.CreateModel(
            name="Mention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mentions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="mentions", to="tickets.message"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("message", "user"), name="mention_unique")],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("media_type", models.CharField(default="application/octet-stream", max_length=150)),
                ("content_id", models.CharField(blank=True, max_length=300)),
                ("is_inline", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("content_hash", models.BinaryField(default=b"", help_text="SHA-256, computed in the database.")),
                (
                    "blob",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attachments", to="tickets.blob"
                    ),
                ),
                (
                    "erasure",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.erasure"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attachments", to="tickets.message"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="InboundMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("raw", models.BinaryField()),
                ("size", models.BigIntegerField(help_text="bytes")),
                ("raw_sha256", models.CharField(max_length=64)),
                (
                    "fingerprint",
                    models.CharField(help_text="SHA-256 without the trace headers of the way here.", max_length=64),
                ),
                (
                    "door",
                    models.CharField(
                        choices=[("smtp", "SMTP/LMTP"), ("imap", "IMAP"), ("pipe", "pipe")], max_length=10
                    ),
                ),
                ("envelope_from", models.CharField(blank=True, max_length=320)),
                ("envelope_to", models.CharField(blank=True, max_length=320)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("new_ticket", "new ticket"),
                            ("follow_up", "follow-up"),
                            ("quarantined", "quarantined"),
                            ("ignored", "ignored"),
                        ],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                (
                    "reason",
                    models.CharField(blank=True, help_text="A code: why quarantined or ignored.", max_length=60),
                ),
                ("detail", models.CharField(blank=True, max_length=500)),
                ("handled_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "erasure",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.erasure"
                    ),
                ),
                (
                    "handled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inbound",
                        to="tickets.mailbox",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inbound",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "inbound mail",
                "verbose_name_plural": "inbound mails",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["next_try_at", "id"], name="inbound_waiting"
                    ),
                    models.Index(
                        condition=models.Q(("state", "quarantined")), fields=["-id"], name="inbound_quarantined"
                    ),
                    models.Index(fields=["fingerprint"], name="inbound_fingerprint"),
                    models.Index(fields=["mailbox", "-id"], name="inbound_of_mailbox"),
                    models.Index(
                        condition=models.Q(("reason", "own_mail")), fields=["detail"], name="inbound_own_mail"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mailbox", "fingerprint"),
                        name="inbound_once_per_mailbox",
                        nulls_distinct=False,
                        violation_error_message="This mail was already taken.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["new_ticket", "follow_up"]), _negated=True),
                            ("ticket__isnull", False),
                            _connector="OR",
                        ),
                        name="inbound_ticket_when_filed",
                        violation_error_message="A filed mail names its ticket.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["quarantined", "ignored"]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="inbound_reason_when_not_filed",
                        violation_error_message="Say why the mail is set aside.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboundMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("reply", "reply"),
                            ("auto_reply", "automatic reply"),
                            ("forward", "forward"),
                            ("redirect", "redirect"),
                            ("account", "account"),
                            ("notice", "notice"),
                            ("test", "test"),
                        ],
                        max_length=20,
                    ),
                ),
                ("sender_name", models.CharField(blank=True, max_length=200)),
                ("sender_address", models.EmailField(max_length=254)),
                ("to", models.JSONField(default=list, help_text="[[name, address], ...]")),
                ("cc", models.JSONField(default=list, help_text="[[name, address], ...]")),
                ("subject", models.CharField(max_length=500)),
                ("body", models.TextField()),
                ("html", models.TextField(blank=True, default="", help_text="The same as HTML, where there is any.")),
                ("headers", models.JSONField(default=dict, help_text="In-Reply-To, References, Auto-Submitted ...")),
                (
                    "mail_id",
                    models.CharField(help_text="The Message-ID without angle brackets.", max_length=250, unique=True),
                ),
                ("is_automatic", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("sent", "sent"),
                            ("deferred", "deferred"),
                            ("failed", "failed"),
                            ("bounced", "bounced"),
                        ],
                        default="queued",
                        max_length=20,
                    ),
                ),
                (
                    "is_captured",
                    models.BooleanField(default=False, help_text="Kept to be read here: no mail server is set."),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "claimed_until",
                    models.DateTimeField(help_text="A worker has it until then; after that another may.", null=True),
                ),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "erasure",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.erasure"
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outbound",
                        to="tickets.message",
                    ),
                ),
                (
                    "original",
                    models.ForeignKey(
                        help_text="The raw mail that is redirected.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redirects",
                        to="tickets.inboundmail",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outbound",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "outbound mail",
                "verbose_name_plural": "outbound mails",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "deferred"])),
                        fields=["next_try_at", "id"],
                        name="outbound_due",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["failed", "bounced"])), fields=["-id"], name="outbound_failed"
                    ),
                    models.Index(
                        condition=models.Q(("is_automatic", True)), fields=["-created_at"], name="outbound_automatic"
                    ),
                    models.Index(fields=["sender_address", "-id"], name="outbound_of_address"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("t", "Ticket"), ("m", "Message"), ("n", "Note"), ("f", "File")], max_length=1
                    ),
                ),
                ("at", models.DateTimeField()),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
                (
                    "attachment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.attachment",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.message",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["vector"], name="search_row_vector"),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("kind", "t")), fields=["vector"], name="search_row_title"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ticket", "message", "attachment"), name="search_row_unique", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("assigned", "assigned to me"),
                            ("mentioned", "mentioned in a note"),
                            ("promise_asked", "asked to answer"),
                            ("promise_declined", "a colleague declined"),
                            ("promise_proposed", "a colleague proposes another time"),
                            ("promise_due", "a promise is due soon"),
                            ("promise_late", "a promise is late"),
                            ("customer_wrote", "the customer wrote"),
                            ("watched_changed", "a watched ticket changed"),
                            ("send_refused", "a reply could not be sent"),
                            ("new_in_team", "a new ticket in a team of my choice"),
                            ("alike", "many alike reports in a short time"),
                            ("new_in_group", "a new report in a group"),
                            ("group_changed", "a group changed"),
                            ("group_closed", "a group was closed"),
                            ("followed_up", "a reporter wrote after the closing"),
                            ("release_asked", "a broadcast waits for a release"),
                            ("broadcast_done", "a broadcast is done"),
                        ],
                        max_length=20,
                    ),
                ),
                ("count", models.PositiveIntegerField(default=1, help_text="How many things this one line speaks of.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "mail_when",
                    models.CharField(
                        choices=[
                            ("now", "at once"),
                            ("bundled", "in bundles"),
                            ("hourly", "every hour"),
                            ("daily", "once a day"),
                            ("never", "never"),
                        ],
                        default="never",
                        max_length=10,
                    ),
                ),
                ("mail_due_at", models.DateTimeField(null=True)),
                ("mail_done_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.event"
                    ),
                ),
                (
                    "group_event",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.groupevent",
                    ),
                ),
                (
                    "stands_for",
                    models.ForeignKey(
                        db_index=False,
                        help_text="Who is away: told to his deputy.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notices", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "mailed_in",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="tickets.outboundmail",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.team"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="tickets.ticketgroup",
                    ),
                ),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["user", "-id"], name="notice_newest"),
                    models.Index(
                        condition=models.Q(("seen_at__isnull", True)), fields=["user", "ticket"], name="notice_unseen"
                    ),
                    models.Index(
                        condition=models.Q(("mail_done_at__isnull", True), ("mail_due_at__isnull", False)),
                        fields=["mail_due_at", "user"],
                        name="notice_mail_due",
                    ),
                    models.Index(fields=["created_at"], name="notice_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("event__isnull", False)),
                        fields=("user", "event", "kind"),
                        name="notice_once_per_event",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("group_event__isnull", False)),
                        fields=("user", "group_event", "kind"),
                        name="notice_once_per_group_event",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ticket__isnull", False),
                            ("group__isnull", False),
                            ("team__isnull", False),
                            _connector="OR",
                        ),
                        name="notice_of_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mailed_in__isnull", True), ("mail_done_at__isnull", False), _connector="OR"
                        ),
                        name="notice_mailed_is_done",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonNoteErasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("approved_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "erasure of a note on a person",
                "verbose_name_plural": "erasures of notes on people",
                "ordering": ("-asked_at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="person_note_erasure_two_people",
                        violation_error_message="An erasure takes two people: someone else has to approve it.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("content_hash", models.BinaryField(default=b"", help_text="SHA-256, computed in the database.")),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes_of_him",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="later",
                        to="tickets.personnote",
                    ),
                ),
                (
                    "erasure",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.personnoteerasure",
                    ),
                ),
            ],
            options={
                "verbose_name": "note on a person",
                "verbose_name_plural": "notes on people",
                "ordering": ("-written_at", "-pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), _negated=True),
                            ("replaces__isnull", False),
                            ("erasure__isnull", False),
                            _connector="OR",
                        ),
                        name="person_note_says_something",
                        violation_error_message="Write something.",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="Ticket",
            name="tags",
            field=models.ManyToManyField(related_name="tickets", through="tickets.TicketTag", to="tickets.tag"),
        ),
        migrations.AddField(
            model_name="Message",
            name="inbound",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="tickets.inboundmail",
            ),
        ),
        migrations.AddField(
            model_name="Message",
            name="erasure",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.erasure"
            ),
        ),
        migrations.AddField(
            model_name="PersonNoteErasure",
            name="note",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="erasures", to="tickets.personnote"
            ),
        ),
        migrations.AddConstraint(
            model_name="PersonNoteErasure",
            constraint=models.UniqueConstraint(
                fields=("note",),
                name="person_note_erasure_once",
                violation_error_message="The erasure of this note was already asked for.",
            ),
        ),
    ]
