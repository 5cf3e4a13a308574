-- The teams that a supervisor sees: a JSON list of names; none: everybody.
ALTER TABLE users ADD COLUMN teams TEXT NOT NULL DEFAULT '[]';
