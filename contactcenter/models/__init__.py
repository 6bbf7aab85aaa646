"""The foundation of the app: its tables."""

from __future__ import annotations

from contactcenter.models.advice import Advice, QueueWatch, Shift
from contactcenter.models.agents import Activity, ActivityInterval, Agent, Work, WorkInterval
from contactcenter.models.chats import CallbackWish, Chat, ChatLine
from contactcenter.models.contacts import Contact, ContactSegment, Offer, Outcome, WrapUp
from contactcenter.models.loans import BackgroundWork, CentreEvent, Loan
from contactcenter.models.queues import (
    FORMULAS,
    OpeningHours,
    OpeningSpan,
    Queue,
    QueueLevel,
    QueueMembership,
    SpecialDay,
)
from contactcenter.models.telephony import CallEvent, Exchange, ExchangeQueue, Voicemail

__all__ = [
    "FORMULAS",
    "Activity",
    "ActivityInterval",
    "Advice",
    "Agent",
    "BackgroundWork",
    "CallEvent",
    "CallbackWish",
    "CentreEvent",
    "Chat",
    "ChatLine",
    "Contact",
    "ContactSegment",
    "Exchange",
    "ExchangeQueue",
    "Loan",
    "Offer",
    "OpeningHours",
    "OpeningSpan",
    "Outcome",
    "Queue",
    "QueueLevel",
    "QueueMembership",
    "QueueWatch",
    "Shift",
    "SpecialDay",
    "Voicemail",
    "Work",
    "WorkInterval",
    "WrapUp",
]
