import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import contactcenter.service_levels


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tickets", "0012_note_erasures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                (
                    "names",
                    models.JSONField(default=dict, help_text="A name for each language code.", verbose_name="names"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("is_present", models.BooleanField(default=True, verbose_name="signed in")),
                ("is_routable", models.BooleanField(default=False, verbose_name="gets contacts")),
                ("is_recallable", models.BooleanField(default=False, verbose_name="can be called back to the line")),
                ("is_productive", models.BooleanField(default=False, verbose_name="counts as work")),
                ("is_paid", models.BooleanField(default=True, verbose_name="paid")),
                (
                    "is_chosen",
                    models.BooleanField(
                        default=True,
                        help_text="Off: only the system sets it, such as “not responding”.",
                        verbose_name="can be chosen",
                    ),
                ),
                (
                    "limit_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="longest, in minutes",
                    ),
                ),
            ],
            options={
                "verbose_name": "activity",
                "verbose_name_plural": "activities",
                "ordering": ("position",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("is_recallable", True), ("is_routable", True), _negated=True),
                        name="activity_routable_or_recallable",
                        violation_error_message="Who gets contacts already needs no calling back.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_present", True),
                            models.Q(("is_productive", False), ("is_recallable", False), ("is_routable", False)),
                            _connector="OR",
                        ),
                        name="activity_absent_does_nothing",
                        violation_error_message="Who is signed out gets no contacts and does no work.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("limit_minutes__isnull", True), ("limit_minutes__gt", 0), _connector="OR"),
                        name="activity_limit_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Exchange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("webhook", "webhook"), ("ami", "Asterisk")],
                        default="webhook",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("token_digest", models.CharField(blank=True, max_length=64)),
                (
                    "signing_secret",
                    models.BinaryField(blank=True, default=b"", help_text="Encrypted with the secret key."),
                ),
                ("host", models.CharField(blank=True, max_length=253, verbose_name="host")),
                (
                    "port",
                    models.PositiveIntegerField(
                        default=5038,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(65535),
                        ],
                        verbose_name="port",
                    ),
                ),
                ("user_name", models.CharField(blank=True, max_length=120, verbose_name="user name")),
                ("password", models.BinaryField(blank=True, default=b"", help_text="Encrypted with the secret key.")),
                (
                    "interface_form",
                    models.CharField(
                        default="PJSIP/{extension}",
                        help_text="As the exchange names an agent's phone; {extension} stands for his extension.",
                        max_length=120,
                        verbose_name="phones are named",
                    ),
                ),
                (
                    "distributes",
                    models.BooleanField(
                        default=True,
                        help_text="On: we follow it. Off: we choose, and it connects.",
                        verbose_name="chooses who rings",
                    ),
                ),
                ("must_sign", models.BooleanField(default=False, verbose_name="has to sign")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("skew", models.FloatField(blank=True, editable=False, null=True)),
                ("heard_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("connected_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("lost_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("last_error", models.CharField(blank=True, editable=False, max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "telephone exchange",
                "verbose_name_plural": "telephone exchanges",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("token_digest", ""), _negated=True),
                        fields=("token_digest",),
                        name="exchange_token_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "ami"), _negated=True),
                            models.Q(models.Q(("host", ""), _negated=True), models.Q(("user_name", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="exchange_ami_has_host",
                        violation_error_message="Say where the exchange is, and as whom to sign in.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("time_zone", models.CharField(default="Europe/Budapest", max_length=60, verbose_name="time zone")),
                (
                    "holidays_of",
                    models.CharField(
                        blank=True,
                        help_text="Two letters of a country, such as HU.",
                        max_length=2,
                        verbose_name="public holidays of",
                    ),
                ),
            ],
            options={
                "verbose_name": "opening hours",
                "verbose_name_plural": "opening hours",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="opening_hours_name_unique",
                        violation_error_message="There are already opening hours with this name.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Agent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("extension", models.CharField(blank=True, max_length=80, verbose_name="extension")),
                ("is_supervisor", models.BooleanField(default=False, verbose_name="runs the contact centre")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("activity_since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "work",
                    models.CharField(
                        choices=[
                            ("idle", "idle"),
                            ("offered", "offered"),
                            ("connected", "connected"),
                            ("held", "on hold"),
                            ("wrap_up", "wrap-up"),
                        ],
                        default="idle",
                        max_length=12,
                    ),
                ),
                ("work_since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "work_until",
                    models.DateTimeField(blank=True, help_text="When the wrap-up ends by itself.", null=True),
                ),
                ("free_since", models.DateTimeField(default=django.utils.timezone.now)),
                ("pending_since", models.DateTimeField(blank=True, null=True)),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                ("device_lost_at", models.DateTimeField(blank=True, null=True)),
                ("missed_in_a_row", models.PositiveSmallIntegerField(default=0)),
                (
                    "recall_until",
                    models.DateTimeField(
                        blank=True, help_text="Asked back to the line; the time to answer.", null=True
                    ),
                ),
                ("focus_until", models.DateTimeField(blank=True, null=True, verbose_name="no disturbing until")),
                ("shift_ends_at", models.DateTimeField(blank=True, null=True, verbose_name="end of shift")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agents",
                        to="contactcenter.activity",
                        verbose_name="activity",
                    ),
                ),
                (
                    "home_team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="centre_agents",
                        to="tickets.team",
                        verbose_name="home team",
                    ),
                ),
                (
                    "pending_activity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contactcenter.activity",
                    ),
                ),
                (
                    "pending_by",
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
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="centre_agent",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "agent of the contact centre",
                "verbose_name_plural": "agents of the contact centre",
                "ordering": ("user__name",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_active", True)),
                        fields=["activity", "work", "free_since"],
                        name="agent_free",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("extension", ""), _negated=True),
                        fields=("extension",),
                        name="agent_extension_unique",
                        violation_error_message="This extension belongs to another agent.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("pending_activity__isnull", True), ("pending_since__isnull", True)),
                            models.Q(("pending_activity__isnull", False), ("pending_since__isnull", False)),
                            _connector="OR",
                        ),
                        name="agent_pending_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("work_until__isnull", True), ("work", "wrap_up"), _connector="OR"),
                        name="agent_only_wrap_up_has_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OpeningSpan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("weekday", models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(6)])),
                (
                    "opens",
                    models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(1439)]),
                ),
                (
                    "closes",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1440),
                        ]
                    ),
                ),
                (
                    "hours",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="spans",
                        to="contactcenter.openinghours",
                    ),
                ),
            ],
            options={
                "ordering": ("weekday", "opens"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closes__lte", 1440), ("opens__lt", models.F("closes")), ("weekday__lte", 6)
                        ),
                        name="opening_span_in_day",
                        violation_error_message="Opening comes before closing, on the same day.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("hours"),
                                    models.F("hours"),
                                    models.Value("[]"),
                                    function="int8range",
                                    output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("weekday"), "*", models.Value(1440)
                                        ),
                                        "+",
                                        models.F("opens"),
                                    ),
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("weekday"), "*", models.Value(1440)
                                        ),
                                        "+",
                                        models.F("closes"),
                                    ),
                                    function="int4range",
                                    output_field=django.contrib.postgres.fields.ranges.IntegerRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="opening_span_no_overlap",
                        violation_error_message="These hours overlap.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Queue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "priority",
                    models.SmallIntegerField(
                        default=0,
                        help_text="Decides between contacts that are equally urgent.",
                        verbose_name="priority",
                    ),
                ),
                (
                    "age_credit",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Seconds by which its contacts count as older. Nobody starves by it.",
                        verbose_name="head start",
                    ),
                ),
                (
                    "offer_seconds",
                    models.PositiveSmallIntegerField(
                        default=20,
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(300),
                        ],
                        verbose_name="rings for",
                    ),
                ),
                (
                    "wrap_up_seconds",
                    models.PositiveSmallIntegerField(
                        default=30, validators=[django.core.validators.MaxValueValidator(3600)], verbose_name="wrap-up"
                    ),
                ),
                ("answer_within", models.PositiveSmallIntegerField(default=20, verbose_name="answered within")),
                ("target_percent", models.PositiveSmallIntegerField(default=80, verbose_name="of how many, %")),
                (
                    "formula",
                    models.CharField(
                        choices=[
                            (contactcenter.service_levels.Formula["EXCLUDE_SHORT"], "short abandons left out"),
                            (contactcenter.service_levels.Formula["ABANDON_NEGATIVE"], "abandons count against us"),
                            (contactcenter.service_levels.Formula["ABANDON_IGNORED"], "abandons in time left out"),
                            (contactcenter.service_levels.Formula["ABANDON_POSITIVE"], "abandons in time count for us"),
                        ],
                        default=contactcenter.service_levels.Formula["EXCLUDE_SHORT"],
                        max_length=20,
                        verbose_name="formula",
                    ),
                ),
                ("short_abandon", models.PositiveSmallIntegerField(default=5, verbose_name="short abandon below")),
                ("most_waiting", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="full at")),
                ("longest_wait", models.PositiveIntegerField(blank=True, null=True, verbose_name="longest wait")),
                (
                    "when_full",
                    models.CharField(
                        choices=[
                            ("wait", "waits anyway"),
                            ("callback", "is offered a call back"),
                            ("voicemail", "leaves a message: a ticket"),
                            ("overflow", "goes to another queue"),
                            ("reject", "is turned away"),
                        ],
                        default="callback",
                        max_length=12,
                        verbose_name="when full",
                    ),
                ),
                (
                    "when_closed",
                    models.CharField(
                        choices=[
                            ("wait", "waits anyway"),
                            ("callback", "is offered a call back"),
                            ("voicemail", "leaves a message: a ticket"),
                            ("overflow", "goes to another queue"),
                            ("reject", "is turned away"),
                        ],
                        default="voicemail",
                        max_length=12,
                        verbose_name="when closed",
                    ),
                ),
                (
                    "when_nobody",
                    models.CharField(
                        choices=[
                            ("wait", "waits anyway"),
                            ("callback", "is offered a call back"),
                            ("voicemail", "leaves a message: a ticket"),
                            ("overflow", "goes to another queue"),
                            ("reject", "is turned away"),
                        ],
                        default="wait",
                        max_length=12,
                        verbose_name="when nobody is there",
                    ),
                ),
                (
                    "automation",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "alarm only"),
                            (1, "suggests"),
                            (2, "asks, with time to object"),
                            (3, "acts by itself"),
                        ],
                        default=1,
                        verbose_name="help is called",
                    ),
                ),
                ("minimum_stay", models.PositiveIntegerField(default=900, verbose_name="shortest loan")),
                ("callback_tries", models.PositiveSmallIntegerField(default=3, verbose_name="tries of a call back")),
                ("callback_pause", models.PositiveIntegerField(default=900, verbose_name="between two tries")),
                ("is_chat_offered", models.BooleanField(default=False, verbose_name="chat in the portal")),
                ("is_callback_offered", models.BooleanField(default=False, verbose_name="call back in the portal")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "hours",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="queues",
                        to="contactcenter.openinghours",
                        verbose_name="opening hours",
                    ),
                ),
                (
                    "overflow_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contactcenter.queue",
                        verbose_name="overflows to",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="queues",
                        to="tickets.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "queue",
                "verbose_name_plural": "queues",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="queue_name_unique",
                        violation_error_message="There is already a queue with this name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_percent__gte", 1), ("target_percent__lte", 100)),
                        name="queue_target_is_percent",
                        violation_error_message="The target is a share: 1 to 100 in a hundred.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overflow_to__isnull", True),
                            models.Q(("overflow_to", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="queue_overflows_elsewhere",
                        violation_error_message="A queue can't overflow to itself.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overflow_to__isnull", False),
                            models.Q(
                                models.Q(("when_full", "overflow"), _negated=True),
                                models.Q(("when_closed", "overflow"), _negated=True),
                                models.Q(("when_nobody", "overflow"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="queue_overflow_has_target",
                        violation_error_message="Say to which queue it overflows.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SpecialDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("opens", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("closes", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "hours",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="special_days",
                        to="contactcenter.openinghours",
                    ),
                ),
            ],
            options={
                "ordering": ("day",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hours", "day"),
                        name="special_day_once",
                        violation_error_message="This day already has hours of its own.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closes__isnull", True), ("opens__isnull", True)),
                            models.Q(
                                ("closes__isnull", False),
                                ("closes__lte", 1440),
                                ("opens__isnull", False),
                                ("opens__lt", models.F("closes")),
                            ),
                            _connector="OR",
                        ),
                        name="special_day_in_day",
                        violation_error_message="Opening comes before closing, on the same day.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActivityInterval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="intervals",
                        to="contactcenter.activity",
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activity_intervals",
                        to="contactcenter.agent",
                    ),
                ),
            ],
            options={
                "ordering": ("agent", "during"),
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(fields=["during"], name="activity_interval_during")
                ],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("agent"),
                                    models.F("agent"),
                                    models.Value("[]"),
                                    function="int8range",
                                    output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                                ),
                                "&&",
                            ),
                            ("during", "&&"),
                        ],
                        name="activity_interval_no_overlap",
                        violation_error_message="An agent does one thing at a time.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("during__isempty", False), ("during__lower_inc", True), ("during__lower_inf", False)
                        ),
                        name="activity_interval_has_length",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BackgroundWork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("in_hand", "in hand"),
                            ("parked", "parked"),
                            ("resumed", "resumed"),
                            ("done", "done"),
                            ("given_back", "given back"),
                        ],
                        default="in_hand",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("at_work_at", models.DateTimeField(blank=True, help_text="The first act on the ticket.", null=True)),
                ("undisturbed_until", models.DateTimeField(blank=True, null=True)),
                ("parked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("call", "a contact waited"),
                            ("loan", "help was needed elsewhere"),
                            ("break", "a pause"),
                            ("other", "another reason"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "place",
                    models.CharField(
                        blank=True, help_text="Where on the page he was: the end of its address.", max_length=300
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="background_work",
                        to="contactcenter.agent",
                    ),
                ),
                (
                    "resumes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resumed_as",
                        to="contactcenter.backgroundwork",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="background_work", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "ordering": ("-started_at",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "in_hand")),
                        fields=("agent",),
                        name="background_one_in_hand",
                        violation_error_message="Park the ticket in hand first.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "in_hand")),
                        fields=("ticket",),
                        name="background_one_hand",
                        violation_error_message="A colleague has this ticket in hand.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "parked")),
                        fields=("agent", "ticket"),
                        name="background_parked_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state", "in_hand")),
                            models.Q(models.Q(("state", "in_hand"), _negated=True), ("ended_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="background_over_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[("call", "Call"), ("callback", "Call back"), ("chat", "Chat")], max_length=10
                    ),
                ),
                (
                    "direction",
                    models.CharField(choices=[("in", "incoming"), ("out", "outgoing")], default="in", max_length=4),
                ),
                (
                    "number",
                    models.CharField(
                        blank=True, help_text="Whom it is with, as the line says.", max_length=80, verbose_name="number"
                    ),
                ),
                ("provider", models.CharField(blank=True, max_length=40)),
                ("provider_call_id", models.CharField(blank=True, max_length=200)),
                ("linked_id", models.CharField(blank=True, max_length=200)),
                (
                    "is_routed_outside",
                    models.BooleanField(default=False, help_text="The exchange chooses who rings; we follow."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("queued", "waiting"),
                            ("offered", "offered"),
                            ("retry_wait", "to be tried again"),
                            ("dialling", "being called"),
                            ("connected", "connected"),
                            ("held", "on hold"),
                            ("wrap_up", "wrap-up"),
                            ("closed", "closed"),
                        ],
                        default="new",
                        max_length=12,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("answered", "answered"),
                            ("abandoned", "hung up while waiting"),
                            ("short_abandoned", "hung up at once"),
                            ("timed_out", "waited too long"),
                            ("no_agents", "nobody was there"),
                            ("exit_key", "left by a key"),
                            ("to_callback", "asked for a call back"),
                            ("to_voicemail", "left a message"),
                            ("withdrawn", "withdrawn"),
                            ("rejected", "turned away"),
                            ("overflowed", "went to another queue"),
                            ("no_reply", "could not be reached"),
                            ("failed", "failed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("credit", models.IntegerField(default=0, help_text="Seconds by which it counts as older than it is.")),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("retry_at", models.DateTimeField(blank=True, null=True)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("queued_at", models.DateTimeField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="contactcenter.agent",
                    ),
                ),
                (
                    "callback_of",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="callback",
                        to="contactcenter.contact",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="contactcenter.queue",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
                "ordering": ("-opened_at", "-id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "queued")), fields=["queue", "queued_at"], name="contact_waiting"
                    ),
                    models.Index(fields=["customer", "-opened_at"], name="contact_customer"),
                    models.Index(
                        condition=models.Q(("number", ""), _negated=True),
                        fields=["number", "-opened_at"],
                        name="contact_number",
                    ),
                    models.Index(
                        condition=models.Q(("state", "retry_wait")), fields=["retry_at"], name="contact_retry"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("provider_call_id", ""), _negated=True),
                        fields=("provider", "provider_call_id"),
                        name="contact_call_id_unique",
                        violation_error_message="This call is known already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["dialling", "connected", "held", "wrap_up"])),
                        fields=("agent",),
                        name="contact_one_per_agent",
                        violation_error_message="This agent is with another contact.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", False),
                                ("state__in", ["wrap_up", "closed"]),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state__in", ["wrap_up", "closed"]), _negated=True),
                                ("ended_at__isnull", True),
                                ("outcome", ""),
                            ),
                            _connector="OR",
                        ),
                        name="contact_over_has_outcome",
                        violation_error_message="A contact that is over has one outcome.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("state", "closed")),
                            models.Q(models.Q(("state", "closed"), _negated=True), ("closed_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="contact_closed_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["queued", "offered"]), _negated=True),
                            models.Q(("queue__isnull", False), ("queued_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="contact_waits_somewhere",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["dialling", "connected", "held", "wrap_up"]), _negated=True),
                            ("agent__isnull", False),
                            _connector="OR",
                        ),
                        name="contact_connected_to_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("retry_at__isnull", False), ("state", "retry_wait")),
                            models.Q(models.Q(("state", "retry_wait"), _negated=True), ("retry_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="contact_retry_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExchangeQueue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="there it is called")),
                (
                    "exchange",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="queues", to="contactcenter.exchange"
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exchange_names",
                        to="contactcenter.queue",
                        verbose_name="queue",
                    ),
                ),
            ],
            options={
                "ordering": ("exchange", "name"),
                "constraints": [
                    models.UniqueConstraint(
                        models.F("exchange"),
                        django.db.models.functions.text.Lower("name"),
                        name="exchange_queue_once",
                        violation_error_message="This name stands for a queue already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QueueLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(2),
                            django.core.validators.MaxValueValidator(9),
                        ],
                        verbose_name="level",
                    ),
                ),
                ("delay", models.PositiveIntegerField(verbose_name="opens after, seconds")),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="levels", to="contactcenter.queue"
                    ),
                ),
            ],
            options={
                "ordering": ("level",),
                "constraints": [
                    models.UniqueConstraint(fields=("queue", "level"), name="queue_level_once"),
                    models.CheckConstraint(
                        condition=models.Q(("level__gte", 2), ("level__lte", 9)), name="queue_level_range"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QueueMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(9),
                        ],
                        verbose_name="level",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "kind",
                    models.CharField(choices=[("home", "home"), ("loan", "on loan")], default="home", max_length=6),
                ),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("left_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="queue_memberships",
                        to="contactcenter.agent",
                        verbose_name="agent",
                    ),
                ),
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
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="contactcenter.queue",
                        verbose_name="queue",
                    ),
                ),
            ],
            options={
                "ordering": ("queue", "level", "position", "agent"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("left_at", None)), fields=["queue", "level"], name="queue_membership_open"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_at__isnull", True)),
                        fields=("agent", "queue"),
                        name="queue_membership_once",
                        violation_error_message="This agent already serves the queue.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__gte", 1), ("level__lte", 9)), name="queue_membership_level_range"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QueueWatch",
            fields=[
                (
                    "queue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="watch",
                        serialize=False,
                        to="contactcenter.queue",
                    ),
                ),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("memory", models.JSONField(default=dict)),
                ("handling", models.FloatField(default=180.0)),
                ("waiting", models.FloatField(default=180.0)),
                ("gave_up", models.FloatField(default=1.0)),
                ("measured_to", models.DateTimeField(blank=True, null=True)),
                ("calls_per_hour", models.FloatField(default=0.0)),
                ("on_duty", models.PositiveIntegerField(default=0)),
                ("idle", models.PositiveIntegerField(default=0)),
                ("coming", models.PositiveIntegerField(default=0)),
                ("need", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Shift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="to")),
                ("planned_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contactcenter.activity",
                        verbose_name="activity",
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shifts",
                        to="contactcenter.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "planned_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "shift",
                "verbose_name_plural": "shifts",
                "ordering": ("starts_at", "agent"),
                "indexes": [models.Index(fields=["starts_at"], name="shift_start")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="shift_ends_after_start",
                        violation_error_message="A shift ends after its start.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("agent"),
                                    models.F("agent"),
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
                        name="shift_no_overlap",
                        violation_error_message="The shifts of an agent can't overlap.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CallbackWish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(blank=True, verbose_name="What is it about?")),
                (
                    "wished_at",
                    models.DateTimeField(blank=True, help_text="Not before; empty for as soon as possible.", null=True),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "ticket",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="callback_wishes",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="wish", to="contactcenter.contact"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CallEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("call_id", models.CharField(blank=True, max_length=200)),
                ("kind", models.CharField(blank=True, max_length=20)),
                ("seq", models.PositiveIntegerField(blank=True, null=True)),
                ("happened_at", models.DateTimeField(blank=True, null=True)),
                ("received_at", models.DateTimeField()),
                ("key", models.CharField(blank=True, max_length=64)),
                ("said", models.JSONField(default=dict, help_text="The event in our words.")),
                ("raw", models.TextField(blank=True, help_text="What came, as it came, cut at 8000 characters.")),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not applied yet"),
                            ("applied", "applied"),
                            ("duplicate", "came before"),
                            ("late", "came too late"),
                            ("refused", "refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=40)),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="call_events",
                        to="contactcenter.contact",
                    ),
                ),
                (
                    "exchange",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="contactcenter.exchange"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("call_id", ""), _negated=True),
                        fields=["exchange", "call_id", "id"],
                        name="call_event_of_call",
                    ),
                    models.Index(condition=models.Q(("verdict", "")), fields=["id"], name="call_event_waiting"),
                    models.Index(
                        condition=models.Q(("reason", ""), _negated=True),
                        fields=["exchange", "-id"],
                        name="call_event_remarkable",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            models.Q(("key", ""), _negated=True), models.Q(("verdict", "duplicate"), _negated=True)
                        ),
                        fields=("exchange", "key"),
                        name="call_event_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Chat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filed_at", models.DateTimeField(blank=True, null=True)),
                ("customer_wrote_at", models.DateTimeField()),
                ("agent_wrote_at", models.DateTimeField(blank=True, null=True)),
                ("customer_here_at", models.DateTimeField()),
                (
                    "agent_since",
                    models.DateTimeField(blank=True, help_text="Since when the agent has it before him.", null=True),
                ),
                ("warned_at", models.DateTimeField(blank=True, null=True)),
                ("customer_typed_at", models.DateTimeField(blank=True, null=True)),
                ("agent_typed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ticket",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chats",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="chat", to="contactcenter.contact"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("filed_at", None)), fields=["id"], name="chat_to_file")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("filed_at__isnull", True), ("ticket__isnull", False), _connector="OR"),
                        name="chat_filed_on_ticket",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactSegment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entered_at", models.DateTimeField()),
                ("position_in", models.PositiveIntegerField(default=0, help_text="How many waited before it.")),
                ("credit", models.IntegerField(default=0)),
                (
                    "expected_wait",
                    models.FloatField(blank=True, help_text="Seconds, as estimated when it joined.", null=True),
                ),
                ("expected_spread", models.FloatField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("left_at", models.DateTimeField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("answered", "answered"),
                            ("abandoned", "hung up while waiting"),
                            ("short_abandoned", "hung up at once"),
                            ("timed_out", "waited too long"),
                            ("no_agents", "nobody was there"),
                            ("exit_key", "left by a key"),
                            ("to_callback", "asked for a call back"),
                            ("to_voicemail", "left a message"),
                            ("withdrawn", "withdrawn"),
                            ("rejected", "turned away"),
                            ("overflowed", "went to another queue"),
                            ("no_reply", "could not be reached"),
                            ("failed", "failed"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="segments",
                        to="contactcenter.agent",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="segments", to="contactcenter.contact"
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="segments", to="contactcenter.queue"
                    ),
                ),
            ],
            options={
                "ordering": ("contact", "id"),
                "indexes": [
                    models.Index(fields=["queue", "entered_at"], name="segment_entered"),
                    models.Index(fields=["queue", "left_at"], name="segment_left"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_at__isnull", True)),
                        fields=("contact",),
                        name="segment_one_open",
                        violation_error_message="This contact is in another queue.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("left_at__isnull", True), models.Q(("outcome", ""), _negated=True), _connector="OR"
                        ),
                        name="segment_left_has_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("coming", "coming"),
                            ("active", "on loan"),
                            ("releasing", "finishing"),
                            ("returned", "returned"),
                            ("declined", "declined"),
                            ("expired", "not answered in time"),
                            ("cancelled", "called off"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                (
                    "consent",
                    models.CharField(
                        choices=[
                            ("ask", "he has to accept"),
                            ("veto", "he may object for a while"),
                            ("none", "by the administrator's word"),
                        ],
                        default="ask",
                        max_length=6,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("customer", "is with a customer"),
                            ("promise", "has a promise to keep"),
                            ("focus", "cannot be disturbed"),
                            ("other", "another reason"),
                            ("calm", "the queue is calm"),
                            ("time_up", "the time was up"),
                            ("end_of_shift", "end of shift"),
                            ("by_hand", "called back by hand"),
                            ("signed_out", "signed out"),
                        ],
                        max_length=20,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("answer_until", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("active_at", models.DateTimeField(blank=True, null=True)),
                (
                    "stay_until",
                    models.DateTimeField(
                        blank=True, help_text="The shortest stay; not sent back before it.", null=True
                    ),
                ),
                ("planned_until", models.DateTimeField(blank=True, help_text="Returns by itself then.", null=True)),
                ("releasing_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "is_way_back_taken",
                    models.BooleanField(default=False, help_text="The agent has resumed what he was at."),
                ),
                (
                    "activity_before",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contactcenter.activity",
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="contactcenter.agent",
                        verbose_name="agent",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "home_team",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.team"),
                ),
                (
                    "parked",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="contactcenter.backgroundwork",
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="contactcenter.queue",
                        verbose_name="queue",
                    ),
                ),
            ],
            options={
                "verbose_name": "loan",
                "verbose_name_plural": "loans",
                "ordering": ("-asked_at",),
                "indexes": [
                    models.Index(fields=["queue", "state"], name="loan_of_queue"),
                    models.Index(
                        condition=models.Q(("active_at__isnull", False)),
                        fields=["agent", "-active_at"],
                        name="loan_ledger",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["asked", "coming", "active", "releasing"])),
                        fields=("agent",),
                        name="loan_one_open_per_agent",
                        violation_error_message="This agent is asked or on loan already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", True), ("state__in", ["asked", "coming", "active", "releasing"])
                            ),
                            models.Q(
                                models.Q(("state__in", ["asked", "coming", "active", "releasing"]), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="loan_over_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["active", "releasing", "returned"]), _negated=True),
                            ("active_at__isnull", False),
                            _connector="OR",
                        ),
                        name="loan_served_since",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.PositiveSmallIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("accepted", "accepted"),
                            ("rejected", "rejected"),
                            ("timed_out", "not answered"),
                            ("canceled", "the contact went away"),
                            ("rescinded", "taken back"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("offered_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="contactcenter.agent"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="contactcenter.contact"
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="contactcenter.queue"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")), fields=["expires_at"], name="offer_to_expire"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "pending")),
                        fields=("contact",),
                        name="offer_one_open_per_contact",
                        violation_error_message="This contact is offered to somebody already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "pending")),
                        fields=("agent",),
                        name="offer_one_open_per_agent",
                        violation_error_message="This agent has another offer.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("state", "pending")),
                            models.Q(models.Q(("state", "pending"), _negated=True), ("settled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="offer_settled_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Voicemail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("number", models.CharField(blank=True, max_length=80)),
                ("received_at", models.DateTimeField()),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="voicemails",
                        to="contactcenter.contact",
                    ),
                ),
                (
                    "exchange",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="voicemails",
                        to="contactcenter.exchange",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="voicemails", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [models.UniqueConstraint(fields=("exchange", "key"), name="voicemail_once")],
            },
        ),
        migrations.CreateModel(
            name="WorkInterval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "work",
                    models.CharField(
                        choices=[
                            ("idle", "idle"),
                            ("offered", "offered"),
                            ("connected", "connected"),
                            ("held", "on hold"),
                            ("wrap_up", "wrap-up"),
                        ],
                        max_length=12,
                    ),
                ),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work_intervals",
                        to="contactcenter.agent",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work_intervals",
                        to="contactcenter.contact",
                    ),
                ),
            ],
            options={
                "ordering": ("agent", "during"),
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(fields=["during"], name="work_interval_during"),
                    models.Index(
                        condition=models.Q(("contact__isnull", False)), fields=["contact"], name="work_interval_contact"
                    ),
                ],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("agent"),
                                    models.F("agent"),
                                    models.Value("[]"),
                                    function="int8range",
                                    output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                                ),
                                "&&",
                            ),
                            ("during", "&&"),
                        ],
                        name="work_interval_no_overlap",
                        violation_error_message="An agent does one thing at a time.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("during__isempty", False), ("during__lower_inc", True), ("during__lower_inf", False)
                        ),
                        name="work_interval_has_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("contact__isnull", True), ("work", "idle")),
                            models.Q(models.Q(("work", "idle"), _negated=True), ("contact__isnull", False)),
                            _connector="OR",
                        ),
                        name="work_interval_names_contact",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WrapUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("disposition", models.CharField(blank=True, max_length=40)),
                ("notes", models.TextField(blank=True, max_length=10000)),
                ("is_without_ticket", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="wrap_ups", to="contactcenter.agent"
                    ),
                ),
                (
                    "contact",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="wrap_up", to="contactcenter.contact"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wrap_ups",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_without_ticket", False), ("ticket__isnull", False)),
                            models.Q(("is_without_ticket", True), ("ticket__isnull", True)),
                            _connector="OR",
                        ),
                        name="wrap_up_ticket_or_none",
                        violation_error_message="Choose a ticket, or say that there is none.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Advice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("pull", "pull in"), ("release", "send back"), ("reserve", "keep ready")], max_length=8
                    ),
                ),
                (
                    "automation",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "alarm only"),
                            (1, "suggests"),
                            (2, "asks, with time to object"),
                            (3, "acts by itself"),
                        ]
                    ),
                ),
                ("inputs", models.JSONField()),
                ("decision", models.JSONField()),
                ("expected", models.JSONField()),
                ("made_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("standing", "standing"),
                            ("taken", "taken"),
                            ("dismissed", "dismissed"),
                            ("overtaken", "no longer needed"),
                            ("expired", "not answered"),
                        ],
                        default="standing",
                        max_length=10,
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("wait", "it will pass by itself"),
                            ("person", "not this colleague"),
                            ("other", "another reason"),
                            ("calm", "the need went away"),
                            ("newer", "newer advice took its place"),
                            ("refused", "it could not be done"),
                        ],
                        max_length=10,
                    ),
                ),
                ("effect", models.JSONField(blank=True, null=True)),
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
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="advice",
                        to="contactcenter.agent",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="advice",
                        to="contactcenter.loan",
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="advice",
                        to="contactcenter.queue",
                        verbose_name="queue",
                    ),
                ),
            ],
            options={
                "verbose_name": "advice",
                "verbose_name_plural": "advice",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["queue", "-id"], name="advice_of_queue"),
                    models.Index(
                        condition=models.Q(("effect__isnull", True), ("state__in", ["taken", "dismissed"])),
                        fields=["settled_at"],
                        name="advice_to_measure",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "standing")),
                        fields=("queue",),
                        name="advice_one_standing_per_queue",
                        violation_error_message="There is advice on this queue already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("state", "standing")),
                            models.Q(models.Q(("state", "standing"), _negated=True), ("settled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="advice_settled_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), ("state__in", ["standing", "taken", "expired"])),
                            models.Q(
                                ("state__in", ["dismissed", "overtaken"]), models.Q(("reason", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="advice_refusal_has_reason",
                        violation_error_message="Say why.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CentreEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("agent_added", "agent added"),
                            ("agent_changed", "agent changed"),
                            ("activity_changed", "activity changed"),
                            ("activity_asked", "change of activity asked"),
                            ("activity_kept", "change of activity called off"),
                            ("device_lost", "device lost"),
                            ("device_found", "device found again"),
                            ("recalled", "called back to the line"),
                            ("focus_set", "not to be disturbed"),
                            ("shift_set", "end of shift set"),
                            ("queue_added", "queue added"),
                            ("queue_changed", "queue changed"),
                            ("joined_queue", "joined a queue"),
                            ("left_queue", "left a queue"),
                            ("contact_opened", "contact opened"),
                            ("queued", "queued"),
                            ("offered", "offered"),
                            ("offer_settled", "offer settled"),
                            ("connected", "connected"),
                            ("held", "put on hold"),
                            ("resumed", "taken off hold"),
                            ("transferred", "transferred"),
                            ("ended", "ended"),
                            ("wrapped_up", "wrapped up"),
                            ("customer_named", "customer named"),
                            ("try_failed", "could not be reached"),
                            ("loan_asked", "help asked"),
                            ("loan_accepted", "help accepted"),
                            ("loan_active", "help arrived"),
                            ("loan_extended", "end of help moved"),
                            ("loan_releasing", "released"),
                            ("loan_ended", "loan ended"),
                            ("ticket_taken", "ticket taken in hand"),
                            ("ticket_parked", "ticket parked"),
                            ("ticket_resumed", "ticket resumed"),
                            ("ticket_left", "ticket put down"),
                            ("advice_made", "advice given"),
                            ("advice_settled", "advice settled"),
                            ("shifts_planned", "shifts planned"),
                        ],
                        max_length=20,
                    ),
                ),
                ("data", models.JSONField(default=dict)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "agent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="contactcenter.agent",
                    ),
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
                (
                    "ticket",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticket"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="contactcenter.contact",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="contactcenter.loan",
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="contactcenter.queue",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(fields=["agent", "-id"], name="centre_event_agent"),
                    models.Index(fields=["queue", "-id"], name="centre_event_queue"),
                    models.Index(fields=["contact", "id"], name="centre_event_contact"),
                    models.Index(fields=["loan", "id"], name="centre_event_loan"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChatLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "who",
                    models.CharField(
                        choices=[("customer", "customer"), ("agent", "agent"), ("system", "system")], max_length=10
                    ),
                ),
                ("text", models.TextField(blank=True)),
                (
                    "code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("joined", "joined"),
                            ("waits_again", "waits again"),
                            ("warned", "are you still there?"),
                            ("ended_agent", "ended by the agent"),
                            ("ended_customer", "ended by the customer"),
                            ("ended_idle", "ended since nobody wrote"),
                            ("left", "left while waiting"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key", models.CharField(blank=True, max_length=40)),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chat_lines",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "chat",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="contactcenter.chat"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("key", ""), _negated=True),
                        fields=("chat", "who", "key"),
                        name="chat_line_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("text", ""), ("who", "system"), models.Q(("code", ""), _negated=True)),
                            models.Q(
                                models.Q(("who", "system"), _negated=True),
                                ("code", ""),
                                models.Q(("text", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="chat_line_words_or_code",
                    ),
                ],
            },
        ),
    ]
