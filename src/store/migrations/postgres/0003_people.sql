-- What is set, who may set it, callbacks, and what happened. Times are microseconds since 1970, UTC.

CREATE TABLE settings (
    number   BIGINT NOT NULL PRIMARY KEY,   -- of the revision; the highest counts
    document TEXT    NOT NULL,
    author   TEXT    NOT NULL,
    at_us    BIGINT NOT NULL
);

CREATE TABLE users (
    id         BIGINT NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    role       TEXT    NOT NULL,
    password   TEXT    NOT NULL,             -- argon2id, as a PHC string
    agent      BIGINT,
    disabled   BIGINT NOT NULL,
    created_us BIGINT NOT NULL
);

-- Of a token only its hash is known.
CREATE TABLE sessions (
    hash       TEXT    NOT NULL PRIMARY KEY,
    user_id    BIGINT NOT NULL,
    expires_us BIGINT NOT NULL
);

CREATE INDEX sessions_of ON sessions (user_id, expires_us);

CREATE TABLE api_keys (
    name       TEXT    NOT NULL PRIMARY KEY,
    hash       TEXT    NOT NULL UNIQUE,
    scopes     TEXT    NOT NULL,             -- a JSON list of words
    created_us BIGINT NOT NULL,
    used_us    BIGINT,
    revoked_us BIGINT
);

-- The token that makes the first user: one row at most.
CREATE TABLE setup (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    hash    TEXT    NOT NULL,
    used_us BIGINT
);

CREATE TABLE callbacks (
    id           BIGINT NOT NULL PRIMARY KEY,
    queue        BIGINT NOT NULL,
    number       TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    conversation TEXT    NOT NULL,           -- its status
    due_us       BIGINT,                    -- not to be tried before
    created_us   BIGINT NOT NULL,
    body         TEXT    NOT NULL            -- the request, JSON
);

CREATE INDEX callbacks_pending ON callbacks (status, created_us);
CREATE INDEX callbacks_of_number ON callbacks (number, queue);

CREATE TABLE events (
    seq   BIGINT NOT NULL PRIMARY KEY,
    at_us BIGINT NOT NULL,
    kind  TEXT    NOT NULL,
    body  TEXT    NOT NULL                   -- the event whole, JSON
);

CREATE TABLE webhooks (
    id         BIGINT NOT NULL PRIMARY KEY,
    url        TEXT    NOT NULL,
    secret     TEXT    NOT NULL,
    kinds      TEXT    NOT NULL,             -- a JSON list; none: all
    disabled   BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    delivered  BIGINT NOT NULL,             -- events up to this number are delivered, or dead
    tries      BIGINT NOT NULL,             -- of the event that is next
    next_us    BIGINT,
    error      TEXT,
    lost       BIGINT NOT NULL              -- events that were forgotten before they were delivered
);

CREATE TABLE dead_letters (
    webhook BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    kind    TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    tries   BIGINT NOT NULL,
    error   TEXT    NOT NULL,
    at_us   BIGINT NOT NULL,
    replay  BIGINT NOT NULL,                -- 1: to be tried once more
    PRIMARY KEY (webhook, seq)
);
