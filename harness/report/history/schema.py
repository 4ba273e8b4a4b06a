"""What a file of history holds: tables of SQLite, and the marks by which it is known."""

from __future__ import annotations

APPLICATION = int.from_bytes(b"hrns", "big")  # `PRAGMA application_id`
VERSION = 1  # `PRAGMA user_version`; a file with a higher one is a newer harness's

# Attempts lie together by run: a run appends, and rewrites nothing. What is asked for at the start
# of each run, the last verdict of each test, stands with the test.
TABLES = """
create table run (
    id integer primary key,
    uuid text not null unique,
    source text not null,     -- what ran the tests: harness, or what wrote a JUnit file
    began real not null,      -- seconds since 1970
    seconds real,             -- null: it has not ended
    exit_code integer,        -- null: the same, or it is not known
    seed text,
    revision text,            -- the commit
    dirty integer,            -- whether files that belong to it were changed
    software text not null,   -- JSON: versions and digests by name
    cores integer,
    python text,
    platform text,
    workers integer,
    ordering text,
    shard integer,
    shards integer,
    discovered integer,       -- how many tests were to be run; null: it was not known yet
    digest text,              -- of their names
    shares text               -- the same in all shards that share them out in the same way
);
create table discovered (     -- by a shard, for the merge that says what is missing
    run integer primary key references run,
    names blob not null       -- JSON, compressed by zlib
);
create table unit (
    id integer primary key,
    key text not null unique
);
create table test (
    id integer primary key,
    name text not null unique,
    run integer not null,     -- the last one that has reported it
    verdict text not null     -- of that run
);
create table attempt (
    run integer not null,
    test integer not null,
    number integer not null,  -- from 1
    unit integer not null,
    tier text not null,
    round integer not null,
    rerun integer not null,
    kind text not null,       -- what became of this attempt
    verdict text not null,    -- of all attempts up to this one
    setup real,               -- seconds; null: it did not end
    body real,
    release real,
    began real,               -- seconds since 1970; null: it did not
    worker integer,
    output text,
    primary key (run, test, number)
) without rowid;
create table outcome (        -- all that was said of an attempt, unless that is that it has passed
    run integer not null,
    test integer not null,
    number integer not null,
    kind text not null,
    text text not null,       -- the traceback, or why it was skipped
    part text not null
);
create index outcome_of on outcome (run, test, number);
create table fixture (        -- each time that a unit was run
    run integer not null,
    unit integer not null,
    seconds real not null
);
create index fixture_of on fixture (run);
create table fixture_outcome (
    run integer not null,
    unit integer not null,
    kind text not null,
    text text not null,
    part text not null
);
create index fixture_outcome_of on fixture_outcome (run);
create index run_began on run (began);
"""
