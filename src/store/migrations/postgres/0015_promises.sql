-- The conversations of a callback are found when it is done.
CREATE INDEX conversations_callback ON conversations (callback) WHERE callback IS NOT NULL;
