-- What recordings are found by, and what has become of them.

ALTER TABLE files ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN agent INTEGER;
ALTER TABLE files ADD COLUMN agent_name TEXT;
ALTER TABLE files ADD COLUMN customer TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN called TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN queue TEXT;
ALTER TABLE files ADD COLUMN direction TEXT NOT NULL DEFAULT 'inbound';
ALTER TABLE files ADD COLUMN began_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN sha256 TEXT;                          -- NULL: not known
ALTER TABLE files ADD COLUMN encrypted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN deleted_us INTEGER;                   -- NULL: it is there
ALTER TABLE files ADD COLUMN deleted_by TEXT;
ALTER TABLE files ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;    -- 1: nothing is left of it

-- Those of older versions: as their conversations say.
UPDATE files SET
    account = COALESCE((SELECT account FROM conversations WHERE id = files.call), ''),
    agent = (SELECT agent FROM conversations WHERE id = files.call),
    agent_name = (SELECT agent_name FROM conversations WHERE id = files.call),
    customer = COALESCE((SELECT CASE direction WHEN 'outbound' THEN called ELSE caller END
        FROM conversations WHERE id = files.call), ''),
    called = COALESCE((SELECT called FROM conversations WHERE id = files.call), ''),
    queue = (SELECT queue FROM conversations WHERE id = files.call),
    direction = COALESCE((SELECT direction FROM conversations WHERE id = files.call), 'inbound'),
    began_us = COALESCE((SELECT COALESCE(connected_us, began_us) FROM conversations WHERE id = files.call), 0);

CREATE INDEX files_began ON files (began_us, call, number, position);

-- Who looked at, heard, deleted or changed what: each record holds the hash of the one before it, so
-- that nobody alters or removes one in the midst without it being seen.
CREATE TABLE audit (
    seq      INTEGER NOT NULL PRIMARY KEY,
    at_us    INTEGER NOT NULL,
    who      TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    previous TEXT    NOT NULL,             -- SHA-256, hexadecimal, as is hash
    hash     TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_at ON audit (at_us);

-- Where the chain begins: the last record that was forgotten in time. One row.
CREATE TABLE audit_anchor (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash TEXT    NOT NULL
) STRICT;

INSERT INTO audit_anchor (one, seq, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');
