"""Statements of every kind, by what they do.

`{n}` is a small number, `{db}` the database and `{user}` the role.
What follows the first line of `copy ... from stdin` are its rows. Those that begin with
`elsewhere:` run on a connection to another database of the server.
"""

from __future__ import annotations

ROWS = {
    "insert": ("insert into empty (name) values ('new {n}')",),
    "insert several": ("insert into small (name, amount) values ('a{n}', 5), ('b{n}', 6)",),
    "insert a lot": ("insert into heap select n, 'x' from generate_series(1, 500 * {n}) n",),
    "insert or update": (
        "insert into small (name) values ('one') on conflict (name) do update set amount = 9",
    ),
    "insert or nothing": ("insert into small (name) values ('one') on conflict do nothing",),
    "insert by default": ("insert into nothing default values", "insert into fixed default values"),
    "insert and fail": ("insert into small (name) values ('one')",),
    "insert what is checked at the end": ("insert into children values (10{n}, 99)",),
    "insert both ends": (
        "insert into children values ({n}5, {n}5)",
        "insert into parents values ({n}5)",
    ),
    "insert into parts": (
        "insert into parted select {n} + n, date '1995-01-01' + n * 1000, 'p' "
        "from generate_series(1, 9) n",
    ),
    "insert into an heir": ("insert into cats (name, lives) values ('cat {n}', {n})",),
    "insert through a view": ("insert into cheap (name, amount) values ('cheap {n}', 1)",),
    "insert by a rule": ("insert into ruled values (10{n})",),
    "insert beside triggers": (
        "insert into watched values (10{n})",
        "insert into mirrored values (10{n})",
    ),
    "insert unlogged": (
        "insert into scratch (line) values ('{n}')",
        "insert into noted (line) values ('{n}')",
    ),
    "insert with secrets": ("insert into secrets (body) values ('secret {n}')",),
    "insert what is long": (
        "insert into toasted (id, body) select 100 + {n}, string_agg(md5(n::text), '') "
        "from generate_series(1, 1000) n",
    ),
    "insert odd names": (
        'insert into "with ""quotes"" and.dot" ("a ""b") values (\'{n}\')',
        'insert into "Odd.Schema"."user" values (10{n})',
    ),
    "insert an identity": (
        "insert into made (a) values ({n})",
        "insert into big (number) values ({n})",
    ),
    "update": ("update small set name = name || '{n}' where id <= {n}",),
    "update in place": ("update big set number = number + 1 where id = {n} + 1",),
    "update everything": ("update heap set number = number + {n}",),
    "update to the same": ("update small set name = name",),
    "update across parts": ("update parted set day = day + 2000 where id <= {n}",),
    "update a toasted value": ("update toasted set body = body || 'x' where id = 1",),
    "update beside a toasted value": ("update toasted set id = id + 100",),
    "update a key": ("update parents set id = id + 50", "update children set parent = parent + 50"),
    "update what is unlogged": ("update noted set line = 'z'",),
    "update what cannot be deleted": (
        "update kept set id = 90 + {n}",
        "update frozen set id = {n} + 90",
    ),
    "delete": ("delete from small where name = 'two'", "delete from sales.lines where line = 1"),
    "delete everything": ("delete from heap", "delete from toasted"),
    "delete with what refers": ("delete from nodes where id = 1",),
    "delete from unlogged": ("delete from noted",),
    "delete a cycle": (
        "update chicken set hatched_from = null",
        "delete from egg",
        "delete from chicken",
    ),
    "delete what cannot be": ("delete from kept", "delete from frozen", "delete from secrets"),
    "delete without columns": ("delete from nothing", "delete from fixed"),
    "truncate": ("truncate heap",),
    "truncate with what refers": ("truncate small cascade",),
    "truncate and restart": ("truncate empty, scratch, animals restart identity",),
    "truncate parts": ("truncate parted",),
    "truncate and fill": ("truncate toasted", "insert into toasted values (1, 'x')"),
    "copy in": ("copy empty (name) from stdin\nfirst\nsecond\n\\N\n",),
    "copy a lot in": ("copy heap from stdin\n" + "1\tone\n" * 300,),
    "copy out": ("copy small to stdout",),
    "merge": (
        "merge into small s using (values ('one', {n} + 1), ('merged {n}', 4)) v (name, amount) "
        "on s.name = v.name when matched then update set amount = v.amount "
        "when not matched then insert (name, amount) values (v.name, v.amount)",
    ),
    "write in a query": (
        "with gone as (delete from sales.lines returning *) "
        "insert into empty (name) select line::text from gone",
    ),
    "write in a block": (
        "do $$ begin for n in 1..5 loop begin insert into small (name) values ('d' || n); "
        "if n = {n} then raise 'no'; end if; exception when raise_exception then null; end; "
        "end loop; end $$",
    ),
    "read": ("select * from big where id < 50", "select count(*) from cheap"),
    "read and lock": ("select * from small for update", "select * from heap for share"),
    "lock a table": ("lock table small in share mode",),
    "call a procedure": ("call shout('loud {n}')",),
    "defer": ("set constraints all immediate", "insert into parents values (10{n})"),
    "put rows without triggers": (
        "set session_replication_role = replica",
        "insert into children values (20{n}, 999)",
        "insert into mirrored values (20{n})",
        "delete from parents",
    ),
}
SEQUENCES = {
    "nextval": ("select nextval('loose')",),
    "nextval often": ("select nextval('used') from generate_series(1, 40)",),
    "nextval of an unlogged one": ("select nextval('scratch_id_seq')",),
    "nextval once": ("select nextval('used')",),
    "setval": ("select setval('used', 50 + {n}, {n} > 4)",),
    "setval to the same": ("select setval('used', 2, true)",),
    "alter sequence": ("alter sequence used restart with 30 increment by 5",),
    "restart an identity": ("alter table made alter a set default 3, alter id restart with 90",),
    "create a sequence": ("create sequence more_{n}", "select nextval('more_{n}')"),
    "drop a sequence": ("drop sequence loose",),
}
STRUCTURE = {
    "create a table": (
        "create table new_{n} (id serial primary key)",
        "insert into new_{n} default values",
    ),
    "create a table as": ("create table copied_{n} as select * from small",),
    "create and drop": ("create table fleeting (id integer)", "drop table fleeting"),
    "drop a table": ("drop table small cascade",),
    "drop and create alike": (
        "drop table watched",
        "create table watched (id integer primary key)",
    ),
    "rename a table": ("alter table heap rename to pile",),
    "rename there and back": ("alter table heap rename to pile", "alter table pile rename to heap"),
    "move a table": ("alter table heap set schema audit",),
    "add a column": ("alter table big add column more_{n} integer default 3",),
    "drop a column": ("alter table big drop column body",),
    "change a column": ("alter table big alter number type bigint",),
    "change a default": ("alter table empty alter name set default 'x'",),
    "change a null": ("alter table heap alter number set not null",),
    "change a table's storage": ("alter table heap set (fillfactor = 50)",),
    "make unlogged": ("alter table heap set unlogged",),
    "make logged": ("alter table noted set logged",),
    "add a constraint": ("alter table heap add constraint positive_{n} check (number >= 0)",),
    "drop a constraint": ("alter table small drop constraint small_name_key",),
    "alter a constraint": ("alter table children alter constraint child_parent not deferrable",),
    "add a foreign key": ("alter table empty add foreign key (id) references parents not valid",),
    "attach a part": (
        "create table parted_far_{n} partition of sales.parted_new "
        "for values with (modulus 4, remainder 2)",
    ),
    "detach a part": ("alter table parted detach partition parted_old",),
    "inherit": (
        "create table dogs () inherits (animals)",
        "insert into dogs (name) values ('rex')",
    ),
    "create an index": ("create index heap_{n} on heap (number)",),
    "drop an index": ("drop index big_number",),
    "change an index": ("alter index counted_number rename to other_name",),
    "reindex": ("reindex table small",),
    "cluster": ("cluster small using small_pkey",),
    "create a type": (
        "create type colour_{n} as enum ('red')",
        "create type both_{n} as (a integer)",
    ),
    "change a type": (
        "alter type mood rename value 'ok' to 'fine'",
        "alter type pair add attribute c text",
    ),
    "create a domain": ("create domain short_{n} as text check (length(value) < 5)",),
    "change a domain": ("alter domain positive drop constraint positive_check",),
    "create a function": ("create function f_{n}() returns integer language sql as 'select 1'",),
    "change a function": (
        "create or replace function add(a integer, b integer) returns integer "
        "language sql immutable return a - b",
    ),
    "change a trigger function": (
        "create or replace function note() returns trigger language plpgsql as "
        "$$ begin return null; end $$",
    ),
    "drop a function": ("drop function add(integer, integer)",),
    "change a function of the server": ("alter function pg_catalog.lower(text) cost 5",),
    "create an aggregate": (
        "create aggregate most_{n} (integer) (sfunc = int4larger, stype = integer)",
    ),
    "create an operator": (
        "create operator =!= (leftarg = integer, rightarg = integer, function = int4ne)",
    ),
    "create a cast": ("create cast (pair as text) with inout",),
    "create a collation": ('create collation other_{n} from "C"',),
    "create a search configuration": ("create text search configuration mine_{n} (copy = simple)",),
    "change a search configuration": (
        "alter text search configuration plain drop mapping for word",
    ),
    "create a trigger": (
        "create trigger more_{n} after insert on heap for each row execute function note()",
        "insert into heap values (1, 'noted')",
    ),
    "disable a trigger": ("alter table watched disable trigger always_noted",),
    "disable triggers": ("alter table children disable trigger user",),
    "drop a trigger": ("drop trigger small_noted on small",),
    "create an event trigger": (
        "create event trigger more_{n} on ddl_command_start execute function look()",
    ),
    "disable an event trigger": ("alter event trigger looked disable",),
    "create a rule": ("create rule r_{n} as on update to heap do also nothing",),
    "drop a rule": ("drop rule ruled_noted on ruled",),
    "create a view": ("create view seen_{n} as select * from small",),
    "change a view": ("create or replace view cheap as select id, name, amount from small",),
    "create a materialized view": ("create materialized view m_{n} as select 1 as one",),
    "refresh": ("insert into big (number) values (1)", "refresh materialized view counted"),
    "refresh the first time": ("refresh materialized view waiting",),
    "refresh side by side": (
        "delete from big where number = 1",
        "refresh materialized view concurrently counted",
    ),
    "create a schema": ("create schema more_{n}", "create table more_{n}.t (id integer)"),
    "drop a schema": ("drop schema sales cascade",),
    "rename a schema": ("alter schema audit rename to books",),
    "drop the main schema": ("drop schema public cascade", "create schema public"),
    "create an extension": ("create extension pg_trgm",),
    "drop an extension": ("drop extension hstore",),
    "move an extension": ("alter extension citext set schema audit",),
    "create a policy": ("create policy p_{n} on secrets for delete using (true)",),
    "drop a policy": ("drop policy seen on secrets",),
    "switch row security": ("alter table secrets disable row level security",),
    "grant": ("grant all on heap to public", "grant select (id) on big to public"),
    "revoke": ("revoke select on small from public",),
    "change default rights": ("alter default privileges grant select on tables to public",),
    "comment": ("comment on table heap is 'a heap {n}'", "comment on column heap.body is 'x'"),
    "comment away": ("comment on table small is null",),
    "create statistics": ("create statistics s_{n} on number, body from heap",),
    "change statistics": ("alter statistics big_both set statistics 5",),
    "create a publication": ("create publication p_{n} for table heap",),
    "change a publication": ("alter publication news drop table small",),
    "create a foreign server": (
        "create server f_{n} foreign data wrapper file_fdw",
        "create user mapping for current_user server f_{n}",
    ),
    "change a foreign table": ("alter foreign table words add column more text",),
    "change an owner": ("alter table heap owner to pg_database_owner",),
    "write to a catalog": (
        "update pg_catalog.pg_class set reloptions = '{fillfactor=70}' where relname = 'heap'",
    ),
}
LARGE_OBJECTS = {
    "create a large object": ("select lo_from_bytea(0, '\\x0102')",),
    "change a large object": ("select lo_put(424242, 5, '\\xffff')",),
    "remove a large object": ("select lo_unlink(424242)",),
    "truncate a large object": ("select lo_truncate(lo_open(424242, 131072), {n})",),
    "comment on a large object": ("comment on large object 424243 is 'x {n}'",),
}
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
}
# Those that touch the whole server.
WIDE = {
    "create a role and drop it": (
        "create role r_{n}",
        "grant select on heap to r_{n}",
        "drop owned by r_{n}",
        "drop role r_{n}",
    ),
    "alter system and back": ("alter system set work_mem = '7MB'", "alter system reset work_mem"),
    "create a database and drop it": ("create database other_{n}", "drop database other_{n}"),
    "subscription": (
        "create subscription sub_{n} connection 'dbname=nowhere' publication news "
        "with (connect = false, slot_name = none)",
    ),
    "checkpoint": ("checkpoint",),
    "switch the log": ("select pg_switch_wal()",),
}
# Those that end sessions, or the database.
ENDINGS = {
    "end its own backend": (
        "insert into empty (name) values ('last')",
        "select pg_terminate_backend(pg_backend_pid())",
    ),
    "end all others": (
        "insert into empty (name) values ('first')",
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()",
    ),
    "drop the database": ("elsewhere: drop database {db} with (force)",),
    "rename the database": (
        "elsewhere: select pg_terminate_backend(pid) from pg_stat_activity where datname = '{db}'",
        "elsewhere: alter database {db} rename to t_away_{n}_{db}",
    ),
    "close the database": ("elsewhere: alter database {db} allow_connections false",),
    "replace the database": (
        "elsewhere: drop database {db} with (force)",
        "elsewhere: create database {db}",
    ),
}
# Those that leave something that the harness has to name; it must be gone for the next test.
LEAKS = {
    "create a role": ("create role leaked_{n}", "grant select on heap to leaked_{n}"),
    "create a role that owns": ("create role owner_{n}", "alter table heap owner to owner_{n}"),
    "alter system": ("alter system set work_mem = '7MB'",),
    "leave a prepared transaction": (
        "begin",
        "insert into empty (name) values ('2pc')",
        "prepare transaction 'left_{n}'",
    ),
    "alter a role": ("alter role current_user set work_mem = '9MB'",),
    "alter what a role may": ("alter role current_user connection limit 50",),
    "alter a tablespace": ("alter tablespace pg_default set (seq_page_cost = {n})",),
    "put a role into another": (
        "create role inner_{n}",
        "grant pg_monitor to inner_{n}",
        "grant inner_{n} to current_user",
    ),
    "create a database": ("create database left_{n}",),
    "create a slot": ("select pg_create_physical_replication_slot('slot_{n}')",),
    "alter all roles": ("alter role all set work_mem = '9MB'",),
    "create a tablespace": (
        "set allow_in_place_tablespaces = on",
        "create tablespace space_{n} location ''",
    ),
    "create an origin": ("select pg_replication_origin_create('origin_{n}')",),
    "grant a setting": ("grant set on parameter log_statement to public",),
    "comment on a role": ("comment on role {user} is 'me'",),
}
INSIDE = {**ROWS, **SEQUENCES, **STRUCTURE, **LARGE_OBJECTS, **SESSION}
WHOLE_SERVER = {**WIDE, **LEAKS}
KINDS = {**INSIDE, **ALONE, **ENDINGS, **WHOLE_SERVER}
