"""Who may do what in the contact centre. Queues and loads are seen by its agents; it is run by its supervisors."""

from __future__ import annotations

from contactcenter.models import Agent, Loan
from tickets.models import User


def agent_of(user: User | None) -> Agent | None:
    """The person as an agent of the contact centre, if he is one and still works."""
    if user is None or not user.is_active:
        return None
    return Agent.objects.working().filter(user=user).first()


def can_see_centre(user: User | None) -> bool:
    """See queues, agents and load."""
    return can_run_centre(user) or agent_of(user) is not None


def can_run_centre(user: User | None) -> bool:
    """Pull in and send back, move agents, set up queues, act on any contact."""
    if user is None or not user.is_active:
        return False
    if user.is_admin:
        return True
    found = agent_of(user)
    return found is not None and found.is_supervisor


def can_set_activity(user: User | None, agent: Agent) -> bool:
    """Change what the agent does: his own business, or a supervisor's."""
    return user is not None and (user.pk == agent.user_id or can_run_centre(user))


def can_pull_in(user: User | None) -> bool:
    """Ask somebody to help in a queue, and send him back."""
    return can_run_centre(user)


def can_answer_loan(user: User | None, loan: Loan) -> bool:
    """Accept or decline: only who is asked."""
    return user is not None and user.is_active and user.pk == loan.agent.user_id
