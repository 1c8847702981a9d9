-- The inbox is read page by page, newest conversation first, and is longest when it must not be slow.

CREATE INDEX attention_newest ON attention (conversation_id);
