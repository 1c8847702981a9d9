-- Questions our knowledge had no answer to are events; their words stay in the messages. They are read by time, all
-- conversations at once, which no other index of the events serves.

CREATE INDEX event_unanswered ON event (at) WHERE kind = 19;
