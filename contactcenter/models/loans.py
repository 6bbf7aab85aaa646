"""Loans of agents to busy queues, background work on tickets, and the contact centre's own history."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contactcenter.models.agents import Activity, Agent
from contactcenter.models.contacts import Contact
from contactcenter.models.queues import Queue
from tickets.models import Team, Ticket, User


class LoanQuerySet(models.QuerySet["Loan"]):
    def open(self) -> LoanQuerySet:
        """Those that are not over."""
        return self.filter(state__in=Loan.OPEN)


class Loan(models.Model):
    """An agent pulled in to a busy queue for a while, and his way back. At most one open for an agent."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        COMING = "coming", _("coming")
        ACTIVE = "active", _("on loan")
        RELEASING = "releasing", _("finishing")
        RETURNED = "returned", _("returned")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("not answered in time")
        CANCELLED = "cancelled", _("called off")

    class Consent(models.TextChoices):
        """How the helper is asked."""

        ASK = "ask", _("he has to accept")
        VETO = "veto", _("he may object for a while")
        NONE = "none", _("by the administrator's word")

    class Reason(models.TextChoices):
        """Why a loan was declined or ended."""

        CUSTOMER = "customer", _("is with a customer")
        PROMISE = "promise", _("has a promise to keep")
        FOCUS = "focus", _("cannot be disturbed")
        OTHER = "other", _("another reason")
        CALM = "calm", _("the queue is calm")
        TIME_UP = "time_up", _("the time was up")
        END_OF_SHIFT = "end_of_shift", _("end of shift")
        BY_HAND = "by_hand", _("called back by hand")
        SIGNED_OUT = "signed_out", _("signed out")

    OPEN: ClassVar[tuple[str, ...]] = (State.ASKED, State.COMING, State.ACTIVE, State.RELEASING)
    SERVING: ClassVar[tuple[str, ...]] = (State.ACTIVE, State.RELEASING)

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="loans", verbose_name=_("agent"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="loans", verbose_name=_("queue"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    consent = models.CharField(max_length=6, choices=Consent.choices, default=Consent.ASK)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    answer_until = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    active_at = models.DateTimeField(null=True, blank=True)
    stay_until = models.DateTimeField(null=True, blank=True, help_text="The shortest stay; not sent back before it.")
    planned_until = models.DateTimeField(null=True, blank=True, help_text="Returns by itself then.")
    releasing_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # The way back.
    activity_before = models.ForeignKey(Activity, models.PROTECT, null=True, blank=True, related_name="+")
    home_team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    parked = models.ForeignKey(
        "contactcenter.BackgroundWork", models.PROTECT, null=True, blank=True, related_name="loans"
    )
    is_way_back_taken = models.BooleanField(default=False, help_text="The agent has resumed what he was at.")

    objects = LoanQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at",)
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        constraints = (
            models.UniqueConstraint(
                fields=["agent"],
                condition=Q(state__in=["asked", "coming", "active", "releasing"]),
                name="loan_one_open_per_agent",
                violation_error_message=_("This agent is asked or on loan already."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "coming", "active", "releasing"], ended_at__isnull=True)
                | ~Q(state__in=["asked", "coming", "active", "releasing"]) & Q(ended_at__isnull=False),
                name="loan_over_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["active", "releasing", "returned"]) | Q(active_at__isnull=False),
                name="loan_served_since",
            ),
        )
        indexes = (
            models.Index(fields=["queue", "state"], name="loan_of_queue"),
            models.Index(fields=["agent", "-active_at"], name="loan_ledger", condition=Q(active_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.agent_id} to {self.queue_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class BackgroundWork(models.Model):
    """An agent's stretch of work on a ticket between contacts. One in hand for an agent, one for a ticket.

    A parked one is resumed by a new row that points back at it; from `started_at` to `at_work_at` of that row is what
    the interruption cost.
    """

    class State(models.TextChoices):
        IN_HAND = "in_hand", _("in hand")
        PARKED = "parked", _("parked")
        RESUMED = "resumed", _("resumed")
        DONE = "done", _("done")
        GIVEN_BACK = "given_back", _("given back")

    class Reason(models.TextChoices):
        """Why it was parked."""

        CALL = "call", _("a contact waited")
        LOAN = "loan", _("help was needed elsewhere")
        BREAK = "break", _("a pause")
        OTHER = "other", _("another reason")

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="background_work")
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="background_work")
    state = models.CharField(max_length=10, choices=State.choices, default=State.IN_HAND)
    started_at = models.DateTimeField()
    at_work_at = models.DateTimeField(null=True, blank=True, help_text="The first act on the ticket.")
    undisturbed_until = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    place = models.CharField(max_length=300, blank=True, help_text="Where on the page he was: the end of its address.")
    resumes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="resumed_as")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["agent"],
                condition=Q(state="in_hand"),
                name="background_one_in_hand",
                violation_error_message=_("Park the ticket in hand first."),
            ),
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(state="in_hand"),
                name="background_one_hand",
                violation_error_message=_("A colleague has this ticket in hand."),
            ),
            models.UniqueConstraint(
                fields=["agent", "ticket"], condition=Q(state="parked"), name="background_parked_once"
            ),
            models.CheckConstraint(
                condition=Q(state="in_hand", ended_at__isnull=True) | ~Q(state="in_hand") & Q(ended_at__isnull=False),
                name="background_over_has_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.agent_id} on {self.ticket_id}: {self.state}"


class CentreEvent(models.Model):
    """One line of the contact centre's history. Never rewritten. `data` holds ids and codes, never words of people."""

    class Verb(models.TextChoices):
        AGENT_ADDED = "agent_added", _("agent added")
        AGENT_CHANGED = "agent_changed", _("agent changed")
        ACTIVITY_CHANGED = "activity_changed", _("activity changed")
        ACTIVITY_ASKED = "activity_asked", _("change of activity asked")
        ACTIVITY_KEPT = "activity_kept", _("change of activity called off")
        DEVICE_LOST = "device_lost", _("device lost")
        DEVICE_FOUND = "device_found", _("device found again")
        RECALLED = "recalled", _("called back to the line")
        FOCUS_SET = "focus_set", _("not to be disturbed")
        SHIFT_SET = "shift_set", _("end of shift set")
        QUEUE_ADDED = "queue_added", _("queue added")
        QUEUE_CHANGED = "queue_changed", _("queue changed")
        JOINED_QUEUE = "joined_queue", _("joined a queue")
        LEFT_QUEUE = "left_queue", _("left a queue")
        CONTACT_OPENED = "contact_opened", _("contact opened")
        QUEUED = "queued", _("queued")
        OFFERED = "offered", _("offered")
        OFFER_SETTLED = "offer_settled", _("offer settled")
        CONNECTED = "connected", _("connected")
        HELD = "held", _("put on hold")
        RESUMED = "resumed", _("taken off hold")
        TRANSFERRED = "transferred", _("transferred")
        ENDED = "ended", _("ended")
        WRAPPED_UP = "wrapped_up", _("wrapped up")
        CUSTOMER_NAMED = "customer_named", _("customer named")
        TRY_FAILED = "try_failed", _("could not be reached")
        LOAN_ASKED = "loan_asked", _("help asked")
        LOAN_ACCEPTED = "loan_accepted", _("help accepted")
        LOAN_ACTIVE = "loan_active", _("help arrived")
        LOAN_EXTENDED = "loan_extended", _("end of help moved")
        LOAN_RELEASING = "loan_releasing", _("released")
        LOAN_ENDED = "loan_ended", _("loan ended")
        TICKET_TAKEN = "ticket_taken", _("ticket taken in hand")
        TICKET_PARKED = "ticket_parked", _("ticket parked")
        TICKET_RESUMED = "ticket_resumed", _("ticket resumed")
        TICKET_LEFT = "ticket_left", _("ticket put down")
        ADVICE_MADE = "advice_made", _("advice given")
        ADVICE_SETTLED = "advice_settled", _("advice settled")
        SHIFTS_PLANNED = "shifts_planned", _("shifts planned")

    verb = models.CharField(max_length=20, choices=Verb.choices)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, related_name="events")
    queue = models.ForeignKey(Queue, models.PROTECT, null=True, related_name="events")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="events")
    loan = models.ForeignKey(Loan, models.PROTECT, null=True, related_name="events")
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="+")
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=["agent", "-id"], name="centre_event_agent"),
            models.Index(fields=["queue", "-id"], name="centre_event_queue"),
            models.Index(fields=["contact", "id"], name="centre_event_contact"),
            models.Index(fields=["loan", "id"], name="centre_event_loan"),
        )

    def __str__(self) -> str:
        return f"{self.verb}"
