-- Why a party left, as it says itself (RFC 3326): protocol, cause and text, as JSON.

ALTER TABLE legs ADD COLUMN cause TEXT;
