-- What agents say of themselves, as JSON; and whose the conversation with which customer is: nobody's where
-- it was closed.

CREATE TABLE agent_statuses (
    agent BIGINT PRIMARY KEY,
    status TEXT NOT NULL
);

CREATE TABLE owners (
    trunk BIGINT NOT NULL,
    customer TEXT NOT NULL,
    agent BIGINT,
    since_us BIGINT NOT NULL,
    PRIMARY KEY (trunk, customer)
);

CREATE INDEX owners_since ON owners (since_us);
