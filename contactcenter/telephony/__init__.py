"""Telephone exchanges: one vocabulary of events for all kinds, kept as they came, applied as often as you like.

The floor plan. Rooms may import the rooms listed above them, never those below.

    events      the vocabulary, and where a call stands by everything heard of it: pure
    webhook     what a webhook sends, read into the vocabulary: pure
    ami/        Asterisk: lines, words, who belongs in which of its queues, the connection
    callers     whose number it is (contactcenter/callers.py)
    exchanges   set up, tokens, signatures, names of queues and agents
    following   moves the contact to where the call stands
    receiving   kept first, then applied; what waits is applied later
    voicemail   a message left becomes a ticket
"""
