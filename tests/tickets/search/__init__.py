"""Search: the parser, the words, the index, what each finds, and what is offered."""
