-- How a conversation stands (open, waiting, solved, closed), and the agent who has it.

ALTER TABLE conversations ADD COLUMN status TEXT NOT NULL DEFAULT 'solved';
ALTER TABLE conversations ADD COLUMN assigned INTEGER;
ALTER TABLE conversations ADD COLUMN assigned_name TEXT;

-- What is left open is looked for, and may be a flood (R153).
CREATE INDEX conversations_status ON conversations (status, began_us);
