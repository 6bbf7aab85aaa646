"""The contact centre: agents' states, queues, routing, loans and live load.

The floor plan. Rooms may import the rooms listed above them, never those below.

    clock           one clock for all hosts: the database's
    staffing        Erlang B, C, A; the least number of agents; pure, like all down to simulation/
    service_levels  raw counts and every figure made of them
    waits           the estimated wait and its error
    measuring       arrivals, handling time and patience as measured
    blending        who stays ready, who takes a ticket, whom to call back
    pulling         when to pull in and release, the expected effect
    simulation/     a queue on a virtual clock
    deciding        who is offered what, and who may be lent: pure, shared with the simulator
    estimates       the wait that a contact is told when it joins
    lending         what a helper leaves behind, and which queues help which already
    reporting       history in raw counts by queue and interval; every figure is made of them
    permissions     who sees the centre, who runs it
    backlog         the help desk's open tickets beside the queues
    live            announce_load after commit, ids only
    log             record(...), centre_event_recorded
    states          the two axes of an agent's state: activity and work, in intervals without gaps
    queues          set up, opening hours, whether a contact may wait
    load_counts     contacts of today and of the last intervals, counted in the database
    tension         how tense a queue is, in one word, and what does not fit together; pure
    load            the live load of one moment
    load_hub        one reading of it for all who watch in a process, a queue told once a second; consumers passes it on
    memberships     who serves which queue, at which level
    routing         the line, offers, accepted, rejected, expired; dispatch
    background      tickets between contacts: the next best, taken, parked, resumed, recalled from
    loans           pulled in to a busy queue and given back: asked, accepted, served, returned
    loan_clocks     what time does to loans, and moving their end
    advice_inputs, advising  advice on staff: made at each look, taken or not, its effect measured
    adherence       planned shifts, and how far they were kept
    activities      what an agent does: set, kept for later, signed in and out
    handling        what every act on a contact shares: locks, the end, freeing the agent
    wrap_ups        the time after a contact, and what came of it
    callbacks       called back at the place in the line, tried again
    contacts        opened, received, held, transferred, ended
    results         what came of a contact, in one act: ticket, note, promise, and on to the next
    callers         whose number it is
    unmet           waits that came to nothing: whom to call back from background work
    places          where somebody stands in the line, and for how long
    wishes          "call me back" in the portal
    chats           written by both sides, watched by the clock
    chat_filing     a chat that is over stands on a ticket
    telephony/      exchanges: events kept, read in order, followed
    devices         signs of life, and their loss
    setting_up      queues, opening hours, activities and agents, with a history
    desk            what an agent's desk shows, in few queries
    demo/           a lifelike centre for `manage.py demo`
    receivers, tasks, consumers, web/   the doors
"""
