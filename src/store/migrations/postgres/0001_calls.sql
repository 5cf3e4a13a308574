-- Conversations, their legs and recordings. Times are microseconds since 1970, UTC; conversations
-- are named as in logs and file names, and their names sort by time.

CREATE TABLE conversations (
    id           TEXT    COLLATE "C" NOT NULL PRIMARY KEY,
    account      TEXT    NOT NULL,
    caller       TEXT    NOT NULL,
    called       TEXT    NOT NULL,
    queue        TEXT,
    began_us     BIGINT NOT NULL,
    connected_us BIGINT,
    ended_us     BIGINT,             -- NULL while it goes on
    waited_ms    BIGINT NOT NULL,
    talked_ms    BIGINT NOT NULL,
    agent        BIGINT,
    agent_name   TEXT,
    offers       BIGINT NOT NULL,
    cause        TEXT                 -- why it ended
);

CREATE INDEX conversations_open ON conversations (id) WHERE ended_us IS NULL;

CREATE TABLE legs (
    call          TEXT    NOT NULL,
    position      BIGINT NOT NULL,
    leg           BIGINT NOT NULL,
    role          TEXT    NOT NULL,
    sip_call_id   TEXT    NOT NULL,
    began_us      BIGINT NOT NULL,
    answered_us   BIGINT,
    ended_us      BIGINT,
    received      BIGINT NOT NULL,   -- RTP packets, as are sent and lost
    sent          BIGINT NOT NULL,
    lost          BIGINT NOT NULL,
    jitter_ms     DOUBLE PRECISION    NOT NULL,
    round_trip_ms DOUBLE PRECISION,
    PRIMARY KEY (call, position)
);

-- A recording may be known before its conversation is, after a crash: hence no foreign key.
CREATE TABLE recordings (
    call   TEXT    NOT NULL,
    number BIGINT NOT NULL,          -- of the segment, from 1
    PRIMARY KEY (call, number)
);

CREATE TABLE files (
    call         TEXT    NOT NULL,
    number       BIGINT NOT NULL,
    position     BIGINT NOT NULL,
    path         TEXT    NOT NULL,    -- relative to the folder of recordings
    content      TEXT    NOT NULL,    -- customer, agent or stereo
    milliseconds BIGINT NOT NULL,
    bytes        BIGINT NOT NULL,
    gaps         BIGINT NOT NULL,
    interrupted  BIGINT NOT NULL,
    PRIMARY KEY (call, number, position)
);

-- The number of the last record of the spool that is in these tables: one row.
CREATE TABLE spooled (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    number BIGINT NOT NULL
);

INSERT INTO spooled (one, number) VALUES (1, 0);
