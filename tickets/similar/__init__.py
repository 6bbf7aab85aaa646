"""The radar: is the same fault reported already? Words that tickets share, weighed by how rare they are.

words       a text's words in Hungarian and English forms, and how they were written
weighing    what a word is worth; the likeness in words (pure)
index       each ticket's words and weights, written when it has come
asking      a question to the index, of a ticket or of what is being typed
finding     find_alike(ticket, by=...), find_alike_to_words(...), find_alike_to_group(...): what one reader may know
acts        join a group, make a group, say that two are not alike
bursts      many alike reports in a short time: raised, made a group, dismissed
outages     what the portal says of known faults
drain       what waits is read, in the order in which it came
rebuild     the words of old tickets
"""

from tickets.similar.finding import Alike, find_alike, find_alike_to_group, find_alike_to_words

__all__ = ["Alike", "find_alike", "find_alike_to_group", "find_alike_to_words"]
