-- Contacts, and what they are found by: each word of a name, the whole of it, and the digits of the number.

CREATE TABLE contacts (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    sort_key   TEXT    NOT NULL,             -- the name as lists are sorted by it
    number     TEXT    NOT NULL UNIQUE,      -- E.164
    tags       TEXT    NOT NULL,             -- a JSON list of words
    external   INTEGER NOT NULL,             -- whether external_number is among them
    created_us INTEGER NOT NULL,
    created_by TEXT    NOT NULL
) STRICT;

CREATE INDEX contacts_sorted ON contacts (sort_key, id);

CREATE TABLE contact_words (
    word    TEXT    NOT NULL,
    contact INTEGER NOT NULL,
    PRIMARY KEY (word, contact)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_words_of ON contact_words (contact);
