-- Conversations, their legs and recordings. Times are microseconds since 1970, UTC; conversations
-- are named as in logs and file names, and their names sort by time.

CREATE TABLE conversations (
    id           TEXT    NOT NULL PRIMARY KEY,
    account      TEXT    NOT NULL,
    caller       TEXT    NOT NULL,
    called       TEXT    NOT NULL,
    queue        TEXT,
    began_us     INTEGER NOT NULL,
    connected_us INTEGER,
    ended_us     INTEGER,             -- NULL while it goes on
    waited_ms    INTEGER NOT NULL,
    talked_ms    INTEGER NOT NULL,
    agent        INTEGER,
    agent_name   TEXT,
    offers       INTEGER NOT NULL,
    cause        TEXT                 -- why it ended
) STRICT;

CREATE INDEX conversations_open ON conversations (id) WHERE ended_us IS NULL;

CREATE TABLE legs (
    call          TEXT    NOT NULL,
    position      INTEGER NOT NULL,
    leg           INTEGER NOT NULL,
    role          TEXT    NOT NULL,
    sip_call_id   TEXT    NOT NULL,
    began_us      INTEGER NOT NULL,
    answered_us   INTEGER,
    ended_us      INTEGER,
    received      INTEGER NOT NULL,   -- RTP packets, as are sent and lost
    sent          INTEGER NOT NULL,
    lost          INTEGER NOT NULL,
    jitter_ms     REAL    NOT NULL,
    round_trip_ms REAL,
    PRIMARY KEY (call, position)
) STRICT, WITHOUT ROWID;

-- A recording may be known before its conversation is, after a crash: hence no foreign key.
CREATE TABLE recordings (
    call   TEXT    NOT NULL,
    number INTEGER NOT NULL,          -- of the segment, from 1
    PRIMARY KEY (call, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE files (
    call         TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    path         TEXT    NOT NULL,    -- relative to the folder of recordings
    content      TEXT    NOT NULL,    -- customer, agent or stereo
    milliseconds INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    gaps         INTEGER NOT NULL,
    interrupted  INTEGER NOT NULL,
    PRIMARY KEY (call, number, position)
) STRICT, WITHOUT ROWID;

-- The number of the last record of the spool that is in these tables: one row.
CREATE TABLE spooled (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL
) STRICT;

INSERT INTO spooled (one, number) VALUES (1, 0);
