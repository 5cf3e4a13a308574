-- Call links. Of a token only its hash is known.

CREATE TABLE call_links (
    id            BIGINT  NOT NULL PRIMARY KEY,
    hash          TEXT    NOT NULL UNIQUE,
    configuration BIGINT,                     -- NULL: whichever is selected
    agent         BIGINT,                     -- who shared it
    kind          TEXT    NOT NULL,
    from_us       BIGINT,                     -- good from this moment on
    until_us      BIGINT,                     -- and before this one
    used          BIGINT  NOT NULL,           -- how often
    used_us       BIGINT,                     -- when last
    revoked_us    BIGINT,
    created_us    BIGINT  NOT NULL,
    created_by    TEXT    NOT NULL
);

CREATE INDEX call_links_of ON call_links (agent, id);
