-- How far the delivery of each file has got; those of older versions stay where they are.

ALTER TABLE files ADD COLUMN delivery TEXT NOT NULL DEFAULT 'local';
ALTER TABLE files ADD COLUMN remote TEXT;                          -- its name there
ALTER TABLE files ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;     -- in vain
ALTER TABLE files ADD COLUMN next_us BIGINT;                      -- not to be tried before
ALTER TABLE files ADD COLUMN delivery_error TEXT;
ALTER TABLE files ADD COLUMN delivered_us BIGINT;
ALTER TABLE files ADD COLUMN freed BIGINT NOT NULL DEFAULT 0;     -- 1: the file here has gone

CREATE INDEX files_delivery ON files (delivery, next_us);
