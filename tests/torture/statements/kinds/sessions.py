"""Statements that change a session, or stand outside of transactions."""

from __future__ import annotations

SESSION = {
    "temporary table": (
        "create temporary table t_{n} (id serial primary key)",
        "insert into t_{n} default values",
    ),
    "temporary table that is dropped": (
        "create temporary table t_{n} on commit drop as select 1 as one",
    ),
    "temporary objects": (
        "create temporary view v_{n} as select 1 as one",
        "create temporary sequence s_{n}",
        "create function pg_temp.f_{n}() returns integer language sql as 'select 1'",
        "create type pg_temp.t as (a integer)",
    ),
    "temporary table in the way": (
        "create temporary table small (id integer)",
        "insert into small values (1)",
    ),
    "listen": ("listen news_{n}", "notify news_{n}, 'first'"),
    "notify": ("select pg_notify('news', '{n}')",),
    "advisory lock": ("select pg_advisory_lock({n})", "select pg_advisory_lock_shared(100, {n})"),
    "advisory lock of a transaction": ("select pg_advisory_xact_lock({n})",),
    "prepare": ("prepare one_{n} as select 1", "execute one_{n}"),
    "prepare a write": (
        "prepare add_{n} as insert into empty (name) values ($1)",
        "execute add_{n}('p')",
    ),
    "set": ("set work_mem = '{n}MB'", "set timezone = 'Asia/Tokyo'", "set datestyle = 'german'"),
    "set the path": (
        "set search_path = audit, pg_catalog",
        "insert into log (line) values ('path')",
    ),
    "set a setting of its own": ("select set_config('shop.user', '{n}', false)",),
    "set role": ("set role pg_monitor", "select 1"),
    "set session authorization": ("set session authorization pg_monitor",),
    "set local": ("set local lock_timeout = 17", "insert into empty (name) values ('local')"),
    "set read only": ("set default_transaction_read_only = on",),
    "set serializable": ("set default_transaction_isolation = 'serializable'",),
    "cursor": ("declare c_{n} cursor with hold for select * from heap", "fetch 5 from c_{n}"),
    "load": ("load 'plpgsql'",),
    "export a snapshot": ("select pg_export_snapshot()",),
    "discard": ("discard all",),
    "unlisten": ("listen some_{n}", "unlisten *", "listen others_{n}"),
    "lock and unlock": (
        "select pg_try_advisory_lock(7, {n}), pg_advisory_lock(7, {n})",
        "select pg_advisory_unlock(7, {n})",
    ),
    "cursor of a transaction": (
        "declare c_{n} scroll cursor for select * from heap",
        "fetch 5 from c_{n}",
        "move last in c_{n}",
    ),
    "set what is read": (
        "set client_encoding = 'latin1'",
        "set standard_conforming_strings = off",
        "set bytea_output = escape",
        "set extra_float_digits = -3",
        "set intervalstyle = iso_8601",
    ),
    "set what is written": ("set client_min_messages = debug1", "set log_statement = 'all'"),
    "set short limits": ("set statement_timeout = {n}",),
    "set short rests": ("set idle_session_timeout = {n}",),
    "set short transactions": ("set idle_in_transaction_session_timeout = {n}",),
    "set row security off": ("set row_security = off", "select count(*) from secrets"),
    "set what plans": ("set enable_seqscan = off", "select count(*) from heap"),
    "set in a function": (
        "do $$ begin perform set_config('work_mem', '9MB', false); end $$",
        "reset all",
    ),
    "set no replication role": ("set session_replication_role = local",),
    "temporary table in two schemas": (
        "create temporary table t_{n} (id integer)",
        "create schema twice_{n} create table t_{n} (id integer)",
    ),
    "temporary table that is truncated": (
        "create temporary table emptied_{n} (id integer) on commit delete rows",
        "insert into emptied_{n} values (1)",
    ),
}
# Those that cannot be in a transaction, or are one themselves.
ALONE = {
    "vacuum": ("vacuum small",),
    "vacuum after writing": ("delete from heap where number < {n}", "vacuum heap"),
    "vacuum the whole": ("vacuum",),
    "vacuum fully": ("vacuum full heap",),
    "vacuum and freeze": ("vacuum freeze small",),
    "analyze": ("analyze",),
    "reindex side by side": ("reindex table concurrently small",),
    "reindex the database": ("reindex database {db}",),
    "create an index side by side": ("create index concurrently c_{n} on heap (number)",),
    "drop an index side by side": ("drop index concurrently big_number",),
    "fail to make an index": ("create unique index concurrently u_{n} on heap (number)",),
    "detach a part side by side": ("alter table parted detach partition parted_old concurrently",),
    "add a value to a type": ("alter type mood add value 'new {n}'",),
    "two phases": (
        "begin",
        "insert into empty (name) values ('2pc')",
        "prepare transaction 'both_{n}'",
        "commit prepared 'both_{n}'",
    ),
    "two phases undone": (
        "begin",
        "insert into empty (name) values ('2pc')",
        "prepare transaction 'undone_{n}'",
        "rollback prepared 'undone_{n}'",
    ),
    "set a setting of the database": ("alter database {db} set work_mem = '3MB'",),
    "set a setting of role and database": (
        "alter role current_user in database {db} set work_mem = '3MB'",
    ),
    "alter the database": ("alter database {db} connection limit 50",),
    "comment on the database": ("comment on database {db} is 'mine {n}'",),
    "grant on the database": (
        "grant temporary on database {db} to public",
        "revoke connect on database {db} from public",
    ),
    "commit in a block": (
        "do $$ begin insert into empty (name) values ('a'); commit; "
        "insert into empty (name) values ('b'); rollback; end $$",
    ),
    "reset statistics": ("select pg_stat_reset()",),
    "vacuum everything fully": ("vacuum full",),
    "vacuum a catalog fully": ("vacuum full pg_class",),
    "vacuum a catalog and write": ("vacuum full pg_proc", "create table later_{n} (id integer)"),
    "vacuum the main catalog and write": (
        "vacuum full pg_class",
        "alter table heap set (fillfactor = 6{n})",
    ),
    "vacuum what is shared and write": (
        "vacuum full pg_db_role_setting",
        "alter database {db} set work_mem = '{n}MB'",
    ),
    "reindex the system": ("reindex system {db}",),
    "reindex a schema": ("reindex schema sales",),
    "cluster again": ("cluster small using small_pkey", "cluster"),
    "nested savepoints": (
        "begin",
        "insert into empty (name) values ('a')",
        "savepoint one",
        "delete from small where name = 'two'",
        "savepoint two",
        "truncate heap",
        "rollback to one",
        "insert into codes values (40{n}, 40{n})",
        "release one",
        "commit and chain",
        "delete from codes",
        "rollback",
    ),
    "read in a transaction": (
        "begin transaction isolation level serializable read only deferrable",
        "select count(*) from small",
        "commit",
    ),
    "set hostile settings of the database": (
        "alter database {db} set search_path = audit",
        "alter database {db} set default_transaction_read_only = on",
        "alter database {db} set session_replication_role = replica",
    ),
    "set limits of the database": (
        "alter database {db} set statement_timeout = {n}",
        "alter database {db} set idle_session_timeout = 1",
    ),
    "set words of the database": (
        "alter database {db} set client_encoding = 'latin1'",
        "alter database {db} set datestyle = 'german'",
        "alter database {db} set standard_conforming_strings = off",
    ),
    "make the database a template": ("alter database {db} is_template true",),
    "limit the database": ("alter database {db} connection limit 0",),
    "revoke all on the database": (
        "revoke all on database {db} from public",
        "revoke all on database {db} from {user}",
    ),
    "give the database away": ("alter database {db} owner to pg_read_all_data",),
    "look at the log": ("select pg_logical_emit_message(true, 'torture', 'x')",),
    "write and freeze": (
        "update small set amount = {n} where id = 1",
        "vacuum freeze small",
        "update heap set number = -1 where number = {n}",
        "vacuum freeze heap",
    ),
    "write and rewrite": ("update codes set code = code + 10", "vacuum full codes"),
    "write what is large, and vacuum": (
        "update toasted set body = body || body",
        "vacuum full toasted",
    ),
}
# Those after which sessions end by themselves, at any moment.
FLEETING = {"set short rests", "set short transactions", "set limits of the database"}
