"""Statements that change what else is in a database."""

from __future__ import annotations

OBJECTS = {
    "rename there and back": ("alter table heap rename to pile", "alter table pile rename to heap"),
    "create a type": (
        "create type colour_{n} as enum ('red')",
        "create type both_{n} as (a integer)",
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
    "create an event trigger": (
        "create event trigger more_{n} on ddl_command_start execute function look()",
    ),
    "disable an event trigger": ("alter event trigger looked disable",),
    "create a view": ("create view seen_{n} as select * from small",),
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
    "create a table of a type": ("create table typed_{n} of pair",),
    "detach and attach again": (
        "alter table parted detach partition parted_old",
        "alter table parted attach partition parted_old for values from ('2000-01-01') "
        "to ('2010-01-01')",
    ),
    "drop an event trigger": ("drop event trigger looked",),
    "create an event trigger that acts": (
        "create function spy_{n}() returns event_trigger language plpgsql as "
        "$$ begin insert into audit.log (line) values (tg_tag); end $$",
        "create event trigger spy_{n} on ddl_command_end execute function spy_{n}()",
        "create table spied_{n} (id integer)",
    ),
    "drop statistics": ("drop statistics big_both",),
    "publish everything": ("create publication all_{n} for all tables",),
    "drop a publication": ("drop publication news",),
    "create a range": (
        "create type range_{n} as range (subtype = float8)",
        "create table ranges_{n} (r range_{n})",
    ),
    "rename a type": ("alter type mood rename to temper",),
    "drop a type": ("drop type pair cascade",),
    "drop an attribute": ("alter type pair drop attribute b cascade",),
    "create a type by hand": (
        "create type hand_{n}",
        "create function hand_in_{n}(cstring) returns hand_{n} language internal immutable strict "
        "as 'textin'",
        "create function hand_out_{n}(hand_{n}) returns cstring language internal immutable strict "
        "as 'textout'",
        "create type hand_{n} (input = hand_in_{n}, output = hand_out_{n}, like = text)",
    ),
    "add to a domain": (
        "alter domain positive add constraint odd_{n} check (value % 2 in (0, 1)) not valid",
        "alter domain positive set default {n}",
    ),
    "drop a domain": ("drop domain positive cascade",),
    "drop a procedure": ("drop procedure shout(text)",),
    "create a procedure": (
        "create procedure p_{n}() language plpgsql security definer set search_path = audit as "
        "$$ begin insert into log (line) values ('{n}'); end $$",
        "call p_{n}()",
    ),
    "drop an aggregate": ("drop aggregate total (integer)",),
    "drop an operator": ("drop operator === (integer, integer)",),
    "create an operator class": (
        "create operator family family_{n} using btree",
        "create operator class class_{n} for type integer using btree family family_{n} as "
        "operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, "
        "function 1 btint4cmp(integer, integer)",
    ),
    "create an access method": (
        "create access method heap_{n} type table handler heap_tableam_handler",
        "create table otherwise_{n} (id integer) using heap_{n}",
    ),
    "create a language": (
        "create trusted language talk_{n} handler plpgsql_call_handler "
        "inline plpgsql_inline_handler validator plpgsql_validator",
    ),
    "drop a language": ("drop extension plpgsql cascade",),
    "create a conversion": (
        "create conversion turn_{n} for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
    ),
    "drop a collation of the server": ("drop collation pg_catalog.ucs_basic",),
    "create a loose collation": (
        "create collation loose_{n} (provider = icu, locale = 'und-u-ks-level2', "
        "deterministic = false)",
        "create table loosely_{n} (name text collate loose_{n} unique)",
    ),
    "create a dictionary": (
        "create text search dictionary words_{n} (template = simple, accept = false)",
        "alter text search configuration plain alter mapping for word with words_{n}, simple",
    ),
    "change a dictionary": ("alter text search dictionary dull (accept = false)",),
    "drop a search configuration": ("drop text search configuration plain",),
    "change a view": ("alter view cheap set (security_barrier = true)",),
    "replace a view": ("create or replace view cheap as select id, name, amount from small",),
    "drop a view": ("drop view cheap",),
    "drop a materialized view": ("drop materialized view counted",),
    "index a materialized view": ("create index counted_{n} on counted (count)",),
    "create a foreign table": (
        "create foreign table lines_{n} (line text) server files options (program 'echo {n}')",
        "insert into empty (name) select line from lines_{n}",
    ),
    "drop a foreign table": ("drop foreign table words",),
    "change a foreign server": ("alter server files version '{n}'",),
    "drop a foreign server": ("drop server files cascade",),
    "map a user": ("create user mapping for public server files",),
    "fill an extension": ("alter extension citext add table heap",),
    "empty an extension": ("alter extension hstore drop function akeys(hstore)",),
    "grant in a schema": (
        "grant create on schema audit to public",
        "alter default privileges in schema audit grant all on tables to public",
    ),
    "grant on other things": (
        "grant usage on type mood to public",
        "grant execute on procedure shout(text) to public",
        "revoke execute on function add(integer, integer) from public",
        "grant usage on language plpgsql to public",
    ),
    "comment on many things": (
        "comment on schema audit is '{n}'",
        "comment on function add(integer, integer) is '{n}'",
        "comment on constraint small_name_key on small is '{n}'",
        "comment on trigger small_noted on small is '{n}'",
        "comment on type mood is '{n}'",
        "comment on policy seen on secrets is '{n}'",
        "comment on rule kept_kept on kept is '{n}'",
        "comment on statistics big_both is '{n}'",
        "comment on publication news is '{n}'",
        "comment on text search configuration plain is '{n}'",
        "comment on extension citext is '{n}'",
    ),
    "comment on what came with the server": ("comment on function lower(text) is '{n}'",),
    "delete from a catalog": (
        "delete from pg_catalog.pg_description where objoid = 'upper(text)'::regprocedure",
    ),
    "drop all that is owned": ("drop owned by current_user cascade",),
    "drop many things at once": (
        "drop table small, big, heap, toasted, children, parents, nodes, made, animals cascade",
    ),
}
