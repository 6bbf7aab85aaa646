"""A day of a queue on a virtual clock, in a second: with the rules that the product itself follows.

choosing   who gets which contact: a protocol, and the product's order as its default
scenario   what a day is made of, read from a file
arrivals   calls by chance from a plan, or those of a real day
centre     the events: calls, agents, tickets, loans; the rules decide, it only carries out
figures    what came out, from raw counts
plot       the day as a drawing
"""
