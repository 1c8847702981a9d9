-- The state as the last column. Of a row that is written anew PostgreSQL logs what lies between the common beginning and
-- the common end of both; behind the state stood updated_at, which changes with every message, so that all of it was
-- logged. Rewrites the table, which is locked meanwhile (a million conversations: seconds).
ALTER TABLE conversation ADD COLUMN state_last json;
ALTER TABLE conversation ALTER COLUMN state_last TYPE json USING state, ALTER COLUMN state_last SET NOT NULL;
ALTER TABLE conversation DROP COLUMN state;
ALTER TABLE conversation RENAME COLUMN state_last TO state;
