"""Search: what was asked, what it means for this reader, what the index has of it, and how it is shown.

words       letters and digits: what counts as a word, in Python as in the database (pure)
parsing     a line of text to terms; never fails, says what it did not understand (pure)
fields      the field words in both languages, and dates (pure)
wording     complaints as sentences
meaning     fields to conditions on tickets for one reader
rows        the questions to the index, in SQL
snippets    the part of a text to show, with the words found marked
numbers     whole numbers, numbers nearly right
people      people and organisations, names nearly right
finding     puts it together: `find(user, text)`
palette     what the command palette offers
rebuild     writes the index anew
"""
