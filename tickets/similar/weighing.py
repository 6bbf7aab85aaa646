"""What a word is worth: rare ones more than common ones, the title more than the text (BM25 over both, in two fields).

No step of training: the few figures below were chosen on the older part of a tracker's tickets with known duplicates,
and hold for others; `make bench-radar` measures them.
"""

from __future__ import annotations

import math
from enum import StrEnum

TITLE, BODY = 3.0, 0.15  # a word in the title counts as twenty in the text
FLATTEN = 0.1, 0.9  # how far a long text has to say a thing more often
SATURATE = 2.0  # saying it again and again adds ever less
ASKED_TOP, ASKED_SATURATE = 1.2, 0.2
MOST_ASKED = 60  # words of a question; thirty lose two points of recall, more gain nothing
RECENT, RECENT_DAYS = 0.15, 45  # what a report of today has over an old one, and how it fades
SHARED_TAG = 0.05  # what a tag on both adds: the same service, component or place
EVIDENCE = 4.0  # what has to be said before all of it can count; see `likeness`

ALIKE = 0.30  # from here on two reports count as alike: for bursts, and for groups that are proposed
WORTH_SHOWING = 0.16


class Grade(StrEnum):
    """How alike, for people."""

    HIGH = "high"
    FAIR = "fair"
    LOW = "low"


def weight_in_ticket(
    in_title: int, in_body: int, title_words: int, body_words: int, mean_title: float, mean_body: float
) -> float:
    """What a word says of its ticket, 0 to 1. Kept as it was when the ticket came."""
    base, slope = FLATTEN
    weight = 0.0
    if in_title:
        weight += TITLE * in_title / (base + slope * title_words / mean_title)
    if in_body:
        weight += BODY * in_body / (base + slope * body_words / mean_body)
    return weight / (SATURATE + weight)


def weight_in_question(in_title: int, in_body: int, tickets_with: int, tickets: int) -> float:
    """What a word is worth in a question: how rare it is, times how much is made of it."""
    said = TITLE * in_title + BODY * in_body
    return rarity(tickets_with, tickets) * ASKED_TOP * said / (ASKED_SATURATE + said)


def rarity(tickets_with: int, tickets: int) -> float:
    """The logarithm of how seldom it is; a word that nobody used before counts as half used."""
    return max(0.0, math.log((tickets + 1) / max(tickets_with, 0.5)))


def likeness(score: float, own: float) -> float:
    """How much of what the one says the other says too, 0 to 1.

    `own` is what the question would score against itself. In a small house no word can be rare, and a title of two
    words says little: less than EVIDENCE is no ground to call anything very alike.
    """
    return min(1.0, score / max(own, EVIDENCE))


def recency(days: float) -> float:
    return RECENT * math.exp(-abs(days) / RECENT_DAYS)


def grade(likeness: float, shared_words: int) -> Grade:
    """Very alike takes more than one shared word, whatever the figures say."""
    if likeness >= 0.5 and shared_words >= 3:
        return Grade.HIGH
    if likeness >= ALIKE and shared_words >= 2:
        return Grade.FAIR
    return Grade.LOW
