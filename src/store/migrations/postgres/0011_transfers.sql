-- To whom a conversation's customer was passed on: JSON.
ALTER TABLE conversations ADD COLUMN transfers TEXT NOT NULL DEFAULT '[]';
