-- How many items are in each state, so that the top bar never walks over a million rows. Follows `item`.
CREATE TABLE tally (state INTEGER PRIMARY KEY, items INTEGER NOT NULL) STRICT;
INSERT INTO tally SELECT state, count(*) FROM item GROUP BY state;

-- An author's other items without reading their rows, and the members of a batch without reading every decision.
DROP INDEX item_author;
CREATE INDEX item_author ON item (author, state, due, no, forum);
CREATE INDEX decision_batch ON decision (json_extract(body, '$.batch')) WHERE json_extract(body, '$.batch') <> '';
