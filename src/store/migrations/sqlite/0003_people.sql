-- What is set, who may set it, callbacks, and what happened. Times are microseconds since 1970, UTC.

CREATE TABLE settings (
    number   INTEGER NOT NULL PRIMARY KEY,   -- of the revision; the highest counts
    document TEXT    NOT NULL,
    author   TEXT    NOT NULL,
    at_us    INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    role       TEXT    NOT NULL,
    password   TEXT    NOT NULL,             -- argon2id, as a PHC string
    agent      INTEGER,
    disabled   INTEGER NOT NULL,
    created_us INTEGER NOT NULL
) STRICT;

-- Of a token only its hash is known.
CREATE TABLE sessions (
    hash       TEXT    NOT NULL PRIMARY KEY,
    user_id    INTEGER NOT NULL,
    expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_of ON sessions (user_id, expires_us);

CREATE TABLE api_keys (
    name       TEXT    NOT NULL PRIMARY KEY,
    hash       TEXT    NOT NULL UNIQUE,
    scopes     TEXT    NOT NULL,             -- a JSON list of words
    created_us INTEGER NOT NULL,
    used_us    INTEGER,
    revoked_us INTEGER
) STRICT, WITHOUT ROWID;

-- The token that makes the first user: one row at most.
CREATE TABLE setup (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    hash    TEXT    NOT NULL,
    used_us INTEGER
) STRICT;

CREATE TABLE callbacks (
    id           INTEGER NOT NULL PRIMARY KEY,
    queue        INTEGER NOT NULL,
    number       TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    conversation TEXT    NOT NULL,           -- its status
    due_us       INTEGER,                    -- not to be tried before
    created_us   INTEGER NOT NULL,
    body         TEXT    NOT NULL            -- the request, JSON
) STRICT;

CREATE INDEX callbacks_pending ON callbacks (status, created_us);
CREATE INDEX callbacks_of_number ON callbacks (number, queue);

CREATE TABLE events (
    seq   INTEGER NOT NULL PRIMARY KEY,
    at_us INTEGER NOT NULL,
    kind  TEXT    NOT NULL,
    body  TEXT    NOT NULL                   -- the event whole, JSON
) STRICT;

CREATE TABLE webhooks (
    id         INTEGER NOT NULL PRIMARY KEY,
    url        TEXT    NOT NULL,
    secret     TEXT    NOT NULL,
    kinds      TEXT    NOT NULL,             -- a JSON list; none: all
    disabled   INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    delivered  INTEGER NOT NULL,             -- events up to this number are delivered, or dead
    tries      INTEGER NOT NULL,             -- of the event that is next
    next_us    INTEGER,
    error      TEXT,
    lost       INTEGER NOT NULL              -- events that were forgotten before they were delivered
) STRICT;

CREATE TABLE dead_letters (
    webhook INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    tries   INTEGER NOT NULL,
    error   TEXT    NOT NULL,
    at_us   INTEGER NOT NULL,
    replay  INTEGER NOT NULL,                -- 1: to be tried once more
    PRIMARY KEY (webhook, seq)
) STRICT, WITHOUT ROWID;
