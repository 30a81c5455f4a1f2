-- Side tables of screening. Caches of what texts and decisions say: losing them costs time, no truth.
CREATE TABLE near (item INTEGER PRIMARY KEY, cluster INTEGER NOT NULL) STRICT;      -- only items that are not alone
CREATE INDEX near_cluster ON near (cluster, item);
CREATE TABLE learned (item INTEGER PRIMARY KEY, score REAL NOT NULL) STRICT;        -- 0 to 1, by the newest model
