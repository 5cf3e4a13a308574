-- The callback that was promised in a conversation, or that it is an attempt of.

ALTER TABLE conversations ADD COLUMN callback INTEGER;
