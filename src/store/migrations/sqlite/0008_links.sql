-- Call links. Of a token only its hash is known.

CREATE TABLE call_links (
    id            INTEGER NOT NULL PRIMARY KEY,
    hash          TEXT    NOT NULL UNIQUE,
    configuration INTEGER,                    -- NULL: whichever is selected
    agent         INTEGER,                    -- who shared it
    kind          TEXT    NOT NULL,
    from_us       INTEGER,                    -- good from this moment on
    until_us      INTEGER,                    -- and before this one
    used          INTEGER NOT NULL,           -- how often
    used_us       INTEGER,                    -- when last
    revoked_us    INTEGER,
    created_us    INTEGER NOT NULL,
    created_by    TEXT    NOT NULL
) STRICT;

CREATE INDEX call_links_of ON call_links (agent, id);
