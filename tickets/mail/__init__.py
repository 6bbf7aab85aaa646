"""Mail: from the bytes that came in to a message on a ticket, and back out again.

Floor plan, pure parts first; a module may use those above it.
Pure (no settings, no database):
    parsed        the dataclasses a parsed mail is made of, limits, Unparseable
    charsets      bytes to text in spite of missing, vendor and lying charset labels
    fields        header fields: unfolding, encoded words, addresses, ids, dates, parameters
    structure     the tree of MIME parts, within limits
    fingerprint   the same mail offered twice has the same print
    html_guard    pages that no parser should be given
    html_text     HTML to readable text
    html          sanitising HTML mail for the screen
    uuencoded     files pasted into a text body
    tnef          winmail.dat
    attachments   names and contents of the files
    bodies        which text is the mail's text
    quotation_words  how mail programs introduce what they quote, in some thirty languages
    quotations    the visible reply: what the sender wrote anew
    machine_words    how mail systems and auto-responders speak
    bounces       what of ours was not delivered, to whom and why
    automatic     whether a machine sent it
    parsing       parse_mail: all of the above in one call
    authentication  what a trusted relay found out of the sender
Then what knows settings and tables:
    signing       our signatures in Message-IDs and plus addresses
    addressing    a ticket's number in addresses and subjects
    mailbox       our own addresses, and which a mail is for
    loops         what is ours coming back; guards and brakes of automatic replies
    language      which language somebody new writes
    composing     the words and the threading of a mail that leaves
    outgoing      replies and acknowledgements become rows of the outbox
    passing_on    forwards and redirects become rows of the outbox
    matching      which ticket a mail belongs to
    trust         how its sender stands to that ticket
    orders        what a mail to a trusting mailbox asks for its new ticket
    undelivered   reports about mail of ours
    filing        where a mail that was read goes (uses the room `conversation`)
    intake        the drain of mail that came in
    quarantine    what people do with mail that was set aside
    account       the sum of all mail
    arrivals      where the doors end: raw bytes become committed rows
    oauth         access tokens for mail servers
    sources       fetching from IMAP servers
    door          the SMTP and LMTP server
    domain_keys   the signature of our domain
    mime, line, sending, backend   the drain of the outbox, and Django's own mail through it
"""
