"""Tickets: every request has a number, a person and a time, and none can disappear.

The floor plan. Rooms may import the rooms listed above them, never those below.

    errors          Refused: a sentence fit for the user
    numbering       the next ticket number
    history         record(...), event_recorded, the chain and its seals
    vocabulary      statuses, priorities and kinds in one query
    history_groups  what it says of groups, and of what was said to all in one
    history_pairs   what it says of two tickets: linked, split, merged
    history_words   events as sentences in the reader's language
    permissions     who sees (visible_to) and who may (can_reply, can_assign ...)
    conditions/     one language for questions about tickets: filters, saved views, every later rule
    configuration   record_change(...): the history of the set-up
    configuration_words  its lines in the reader's language
    people          persons, their addresses, roles and rights
    api_tokens      personal keys to the API
    files           attachments' contents, stored once by their hash
    proof_queries   the questions that prove the history, in SQL
    proof           asks them all of one snapshot, and names the first broken link
    merge_paths     where a merged ticket leads, and what leads to one
    workflow        which status may follow which, per kind; register_workflow
    lifecycle       open, assign, move, change status and priority, wake the pending
    promises        who answers, by when
    watching        hearing of tickets that are not one's own
    reminders       promises due soon or late are told, once each
    mentions        @Name in a note
    absences        who is away, who stands in, where an absent owner's tickets go
    absence_words   absences as words beside a name
    at_hand         small tables that every page needs, kept while the database says that they stand
    promise_lists   somebody's promises, asked, given and asked of others
    tagging         labels on tickets: typed, found by other words, put on and taken off
    filters         what narrows a list, as its address says it
    waking          wakes a drain after the commit
    wire            messages to other processes, numbered, kept while Redis is away
    live            announce after commit, ids only
    audience        who listens in this process; their rights, asked for all at once
    presence        who views a ticket or writes on it, for seconds, in Redis
    groups          reports of one fault, joined and left; nothing is moved or copied
    tag_joining     two tags for one problem become one; other words for a tag
    notice_words    notices as sentences to their reader
    mail/           parsing, matching, trust, loops, outgoing, intake (pure parts first)
    telling/        who hears of which event: behind the bell at once, by mail in bundles
    teams           teams, their signatures, our own mail addresses
    vocabulary_setup  statuses, priorities and kinds: added, renamed, ordered, retired
    departures      when somebody leaves: no access, and his open work goes back to the teams
    writing         a message's text, files and limits
    conversation    replies, notes, phone records, messages of customers
    group_closing   a group is closed: what becomes of each member, who wrote afterwards; opened again
    known_outages   what customers read of known faults, and “I have this too”
    splitting       a message becomes a linked ticket of its own
    linking         links between tickets, drawn by hand
    forwarding      a message goes on to a third party: forward, redirect
    erasure         the erasure that law demands: two people, the chain still verifies
    desk            what an agent does in one go: a reply with a promise, a ticket by phone
    meanwhile       what others did while somebody was writing; nothing unseen is overwritten
    answer_templates  ready texts, and what their placeholders stand for
    answer_texts    templates and automatic replies, as administrators write them
    tag_setup       labels' names, colours, who looks after them and what is answered to all of them
    tag_lists       a tag as a list to be worked: how many, since when, more or fewer
    arrival_rules   what a new ticket is tagged with and which group it joins, by rule
    recipients      whom a reply may go to: completion, everyone of the last mail, warnings
    drafts          what is being written, kept on the server until it is said
    merging         the same thing reported twice by one person: a pointer, taken back at will
    broadcasts/     one text to every reporter of a group: dry run, sending, drain, ledger, late joiners
    belongings      what a ticket has of the rarer things, in one question
    access          for every door: fetch a ticket and authorise in one step
    bulk/           one act on many tickets, each judged by itself: dry run, drain, result, undo
    lists           the inbox's views and their counts
    list_rows       the rows of a list in one question
    saved_views     named lists of an agent or a team
    explaining      why somebody sees a ticket, and what he may do with it
    contacts        what an agent may know of a person: tickets, words, addresses
    person_notes    what agents let each other know of a person; every version is kept
    search/         words, fields, ranking, snippets; the command palette
    paging          orders and pages by keyset
    grouping        the same list by tag: problems rather than single requests
    columns         which columns an agent wants in a view, and in what order
    group_words     a group's history as sentences in the reader's language
    group_lists     the list of groups, and finding one by what is typed
    group_figures   what a group's page shows: counts, reports by time, members, words of reporters
    notices         the bell: what is new, line by line, and what was seen
    similar/        the radar: is the same fault reported already? bursts of alike reports
    undo            a reply can be taken back for some seconds before it is said
    upkeep          timed jobs: their last runs and failures, backlogs
    demo/           lifelike people and tickets for trying the product out
    api, api_pairs, api_following, api_people, consumers, receivers, tasks, admin, web/, management/   the doors
"""
