-- Of which call an event is: the story of a call is read by it. NULL where it is of none.
ALTER TABLE events ADD COLUMN call TEXT;

UPDATE events SET call = json_extract(body, '$.data.call')
WHERE kind LIKE 'call.%' OR kind LIKE 'callback.%' OR kind LIKE 'recording.%' OR kind LIKE 'conversation.%';

CREATE INDEX events_call ON events (call, seq) WHERE call IS NOT NULL;

-- Histories are made of the conversations that began in a time.
CREATE INDEX conversations_began ON conversations (began_us);
