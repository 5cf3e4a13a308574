-- Calls to numbers outside: who began a conversation, by which trunk it came or went, who sent it on to
-- us, and what was tried, as a JSON list of objects with trunk, began and status.

ALTER TABLE conversations ADD COLUMN direction TEXT NOT NULL DEFAULT 'inbound';
ALTER TABLE conversations ADD COLUMN trunk TEXT;
ALTER TABLE conversations ADD COLUMN diverted_by TEXT;
ALTER TABLE conversations ADD COLUMN attempts TEXT NOT NULL DEFAULT '[]';
