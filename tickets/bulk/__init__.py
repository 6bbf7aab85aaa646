"""One act on many tickets: planned in a dry run, done ticket by ticket, looked at again, undone where that is safe.

acts: what can be done, judged beforehand and done; merge_act: one of them; runs: plan, start, drain; undoing: back to
the values before.
"""

from tickets.bulk import merge_act as merge_act  # puts itself among the acts
