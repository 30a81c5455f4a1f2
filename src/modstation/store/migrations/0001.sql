-- What was said, by people, desks and forums. Append-only; nothing here is ever rewritten.
CREATE TABLE event (
    id           INTEGER PRIMARY KEY,          -- order of arrival at this file: local, never hashed, never replicated
    desk         TEXT    NOT NULL,
    desk_seq     INTEGER NOT NULL,
    hlc          INTEGER NOT NULL,             -- hybrid logical clock: UTC ms << 16 | counter
    at           INTEGER NOT NULL,             -- wall clock, UTC ms
    kind         TEXT    NOT NULL,
    kind_version INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    key_id       TEXT    NOT NULL,
    session      TEXT    NOT NULL,
    subject      TEXT    NOT NULL,             -- a case, or '' for what concerns the desk
    body         BLOB    NOT NULL,             -- canonical JSON
    prev         BLOB    NOT NULL,
    hash         BLOB    NOT NULL,
    signature    BLOB    NOT NULL,
    UNIQUE (desk, desk_seq)
) STRICT;
CREATE INDEX event_subject ON event (subject, id);
CREATE INDEX event_desk_matters ON event (kind, id) WHERE subject = '' AND kind <> 'pull.page';

CREATE TABLE item_key (
    no   INTEGER PRIMARY KEY,                  -- the item's number at this file
    key  TEXT NOT NULL UNIQUE,                 -- forum/type/target
    "case" TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE observation (
    id         INTEGER PRIMARY KEY,
    event      INTEGER NOT NULL REFERENCES event (id),
    place      INTEGER NOT NULL,               -- position under the page's Merkle root
    item       INTEGER NOT NULL REFERENCES item_key (no),
    meta       BLOB    NOT NULL,               -- canonical JSON: ids, vocabularies, numbers
    blob       INTEGER,                        -- sealed: texts and names
    commitment BLOB,                           -- SHA-256 of salt and sealed bytes
    UNIQUE (event, place)
) STRICT;
CREATE INDEX observation_item ON observation (item, id);

CREATE TABLE event_blob (                      -- which sealed blob a commitment in an event's body stands for
    event INTEGER NOT NULL REFERENCES event (id),
    name  TEXT    NOT NULL,
    blob  INTEGER NOT NULL,
    PRIMARY KEY (event, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
    id   INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

CREATE TRIGGER event_is_append_only BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER observation_is_append_only BEFORE UPDATE ON observation
    BEGIN SELECT RAISE(ABORT, 'observations are append-only'); END;
CREATE TRIGGER observation_is_kept BEFORE DELETE ON observation
    BEGIN SELECT RAISE(ABORT, 'observations are append-only'); END;

-- Bookmarks and things of this file alone.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE feed (forum TEXT NOT NULL, feed TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (forum, feed)) STRICT, WITHOUT ROWID;
-- Fingerprints of what is stored already, so that an unchanged answer adds no row. A cache: losing it costs rows, no truth.
CREATE TABLE known (item INTEGER NOT NULL, part TEXT NOT NULL, fingerprint BLOB NOT NULL, obs INTEGER NOT NULL,
    PRIMARY KEY (item, part)) STRICT, WITHOUT ROWID;
CREATE TABLE draft (person TEXT NOT NULL, item INTEGER NOT NULL, blob INTEGER NOT NULL,
    PRIMARY KEY (person, item)) STRICT, WITHOUT ROWID;
CREATE TABLE setting (person TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (person, name)) STRICT, WITHOUT ROWID;
CREATE TABLE secret (name TEXT PRIMARY KEY, blob INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE set_aside (id INTEGER PRIMARY KEY, forum TEXT NOT NULL, source TEXT NOT NULL, why TEXT NOT NULL,
    blob INTEGER NOT NULL, at INTEGER NOT NULL, due INTEGER NOT NULL, closed INTEGER NOT NULL DEFAULT 0,
    fingerprint BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE exposure (person TEXT NOT NULL, day TEXT NOT NULL, ms INTEGER NOT NULL,
    PRIMARY KEY (person, day)) STRICT, WITHOUT ROWID;
CREATE TABLE media (item INTEGER NOT NULL, url_hash TEXT NOT NULL, blob INTEGER, sha256 TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0, media_type TEXT NOT NULL DEFAULT '', blocked TEXT NOT NULL DEFAULT '',
    seen INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (item, url_hash)) STRICT, WITHOUT ROWID;
CREATE TABLE capture (id INTEGER PRIMARY KEY, item INTEGER NOT NULL, at INTEGER NOT NULL, blob INTEGER NOT NULL,
    hash BLOB NOT NULL, moment TEXT NOT NULL) STRICT;
CREATE INDEX capture_item ON capture (item, id);

-- Projections: a pure fold of the above, rebuilt at any time.
CREATE TABLE item (
    no INTEGER PRIMARY KEY, forum TEXT NOT NULL, type TEXT NOT NULL, author TEXT NOT NULL, section TEXT NOT NULL,
    state INTEGER NOT NULL, severity INTEGER NOT NULL, lang TEXT NOT NULL, due INTEGER NOT NULL, found INTEGER NOT NULL,
    flagged INTEGER NOT NULL, first_seen INTEGER NOT NULL, latest INTEGER NOT NULL, obs INTEGER NOT NULL,
    flags INTEGER NOT NULL, visibility TEXT NOT NULL, claimed_by TEXT NOT NULL, claimed_until INTEGER NOT NULL,
    parked_until INTEGER NOT NULL, cats TEXT NOT NULL, sources TEXT NOT NULL, greyed TEXT NOT NULL,
    media INTEGER NOT NULL, decided_by TEXT NOT NULL, extra TEXT NOT NULL
) STRICT;
CREATE INDEX item_deadline ON item (state, due, no);
CREATE INDEX item_severity ON item (state, severity DESC, due, no);
CREATE INDEX item_newest ON item (state, flagged DESC, no);
CREATE INDEX item_lang ON item (state, lang, due, no);
CREATE INDEX item_section ON item (state, section, due, no);
CREATE INDEX item_author ON item (author, state, due, no);
CREATE INDEX item_parked ON item (parked_until) WHERE parked_until > 0;

CREATE TABLE decision (
    id TEXT PRIMARY KEY, item INTEGER NOT NULL, "case" TEXT NOT NULL, policy TEXT NOT NULL, by TEXT NOT NULL,
    at INTEGER NOT NULL, state TEXT NOT NULL, event INTEGER NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_by ON decision (by, event DESC);
CREATE INDEX decision_item ON decision (item, event);
CREATE INDEX decision_waiting ON decision (at) WHERE state = 'proposed';

CREATE TABLE outbox (
    id TEXT PRIMARY KEY, item INTEGER NOT NULL, decision TEXT NOT NULL, forum TEXT NOT NULL, state TEXT NOT NULL,
    due INTEGER NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL, settled INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_work ON outbox (forum, seq, place) WHERE settled = 0;
CREATE INDEX outbox_item ON outbox (item, at, place);
CREATE INDEX outbox_newest ON outbox (at DESC, place);
CREATE INDEX outbox_needs_you ON outbox (at DESC) WHERE state IN ('refused', 'conflict');

CREATE TABLE strike (decision TEXT NOT NULL, item INTEGER NOT NULL, forum TEXT NOT NULL, author TEXT NOT NULL,
    at INTEGER NOT NULL, points INTEGER NOT NULL, PRIMARY KEY (decision, item)) STRICT, WITHOUT ROWID;
CREATE INDEX strike_author ON strike (forum, author, at);
CREATE INDEX strike_item ON strike (item);

CREATE TABLE participation (item INTEGER NOT NULL, person TEXT NOT NULL, act TEXT NOT NULL,
    PRIMARY KEY (item, person, act)) STRICT, WITHOUT ROWID;

CREATE TABLE escalation (id TEXT PRIMARY KEY, item INTEGER NOT NULL, role TEXT NOT NULL, state TEXT NOT NULL,
    due INTEGER NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX escalation_role ON escalation (role, state, due);
CREATE INDEX escalation_item ON escalation (item);
CREATE INDEX escalation_waiting ON escalation (due) WHERE state IN ('open', 'taken');

CREATE TABLE person (id TEXT PRIMARY KEY, state TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE forum (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (words, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2",
    detail = full);
