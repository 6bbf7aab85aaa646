"""Broadcasts: one text to every reporter of a group, each in his own ticket and thread.

`wording` texts and placeholders; `plan` who gets it and who does not; `sending` send, release, stop, retry; `drain`
delivers; `ledger` what became of each; `late` whoever joins afterwards; `opting_out` who wants none.
"""
