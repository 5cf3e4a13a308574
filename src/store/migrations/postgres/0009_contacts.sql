-- Contacts, and what they are found by: each word of a name, the whole of it, and the digits of the number.

CREATE TABLE contacts (
    id         BIGINT  NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    sort_key   TEXT COLLATE "C" NOT NULL, -- the name as lists are sorted by it
    number     TEXT    NOT NULL UNIQUE,      -- E.164
    tags       TEXT    NOT NULL,             -- a JSON list of words
    external   BIGINT  NOT NULL,             -- whether external_number is among them
    created_us BIGINT  NOT NULL,
    created_by TEXT    NOT NULL
);

CREATE INDEX contacts_sorted ON contacts (sort_key, id);

CREATE TABLE contact_words (
    word    TEXT COLLATE "C" NOT NULL,
    contact BIGINT  NOT NULL,
    PRIMARY KEY (word, contact)
);

CREATE INDEX contact_words_of ON contact_words (contact);
