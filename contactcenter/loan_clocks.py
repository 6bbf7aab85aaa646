"""What time does to loans: unanswered ones expire, vetoes run out, helpers arrive, return, and go home."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from contactcenter import clock, loans, routing
from contactcenter.log import Verb, record
from contactcenter.models import Loan, Work
from tickets.errors import Refused
from tickets.models import User

State = Loan.State


def extend_loan(loan: Loan, *, by: User, minutes: int) -> Loan:
    """Moves the planned end; `minutes` may be negative. Raises Refused when the end is past or he returns already."""
    with transaction.atomic():
        loan, agent = loans.lock_loan(loan)
        at = clock.now()
        if loan.state not in (State.ASKED, State.COMING, State.ACTIVE) or loan.planned_until is None:
            raise Refused(_("%(name)s returns already.") % {"name": agent})
        until = loan.planned_until + timedelta(minutes=minutes)
        first = loan.active_at or loan.asked_at
        if until <= at:
            raise Refused(_("The end of the loan has to be in the future."))
        if until > first + loans.LONGEST_LOAN:
            raise Refused(_("A loan lasts eight hours at most."))
        loan.planned_until = until
        loan.save(update_fields=["planned_until"])
        record(Verb.LOAN_EXTENDED, by=by, agent=agent, queue=loan.queue, loan=loan, minutes=minutes)
    return loan


def settle_loans(limit: int = 200) -> int:
    """Does whatever is due to loans. Returns how many. May run twice and side by side."""
    at = clock.now()
    due = Loan.objects.filter(
        Q(state=State.ASKED, answer_until__lte=at)
        | Q(state=State.COMING, accepted_at__lte=at - loans.ARRIVE_WITHIN)
        | Q(state__in=Loan.OPEN, agent__shift_ends_at__lte=at)
        | Q(state=State.ACTIVE, planned_until__lte=at)
    ).exclude(state=State.RELEASING)
    return sum(settle_loan(loan) for loan in list(due.order_by("pk")[:limit]))


def settle_loan(loan: Loan) -> bool:
    """Does what is due to this one; False when nothing is any more, or a contact has to end first."""
    with transaction.atomic():
        loan, agent = loans.lock_loan(loan)
        at = clock.now()
        is_shift_over = agent.shift_ends_at is not None and agent.shift_ends_at <= at
        if loan.state in (State.ASKED, State.COMING) and is_shift_over:
            loans.end_loan(loan, agent, State.CANCELLED, by=None, at=at, reason=Loan.Reason.END_OF_SHIFT)
            return True
        if loan.state == State.ASKED and loan.answer_until <= at:
            return _answer_for(loan, at)
        if loan.state == State.COMING and _is_late(loan, at) and agent.activity.is_present:
            if agent.work == Work.OFFERED:
                routing.take_back_offer(agent, by=None, at=at)
            if agent.work == Work.IDLE:
                loans.activate_loan(loan, by=None)
                return True
        if loan.state == State.ACTIVE:
            if is_shift_over:
                loans.release_loan(loan, by=None, reason=Loan.Reason.END_OF_SHIFT)
                return True
            if loan.planned_until is not None and loan.planned_until <= at:
                loans.release_loan(loan, by=None, reason=Loan.Reason.TIME_UP)
                return True
    return False


def _answer_for(loan: Loan, at: datetime) -> bool:
    """Silence is consent where a veto was offered, and a no where an answer was asked."""
    if loan.consent == Loan.Consent.VETO:
        loans.accept_loan(loan, by=None)
    else:
        loans.end_loan(loan, loan.agent, State.EXPIRED, by=None, at=at, reason=Loan.Reason.OTHER)
    return True


def _is_late(loan: Loan, at: datetime) -> bool:
    return loan.accepted_at is not None and loan.accepted_at + loans.ARRIVE_WITHIN <= at
