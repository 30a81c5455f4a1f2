-- Data keys, each wrapped under a class key. Destroying a row erases what it opened.
CREATE TABLE data_key (
    id      INTEGER PRIMARY KEY,
    class   INTEGER NOT NULL,
    wrapped BLOB    NOT NULL
) STRICT;
