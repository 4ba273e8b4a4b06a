"""Statements that write rows, sequences and large objects."""

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
    "insert over an identity": (
        "insert into big (id, number) overriding system value values (9000 + {n}, 1)",
    ),
    "insert through a trigger of a view": (
        "insert into handled values (10{n}, 'by hand')",
        "delete from handled where id = 1",
    ),
    "swap what is unique at the end": ("update codes set code = 3 - code",),
    "insert into a typed table": ("insert into typed values ({n}, 'typed')",),
    "insert what the next line undoes": (
        "insert into empty (id, name) values (700 + {n}, 'gone')",
        "delete from empty where id = 700 + {n}",
    ),
    "update at a cursor": (
        "do $$ declare c cursor for select * from heap for update; r record; begin "
        "open c; fetch c into r; update heap set number = -{n} where current of c; end $$",
    ),
    "copy from a program": (
        "do $$ begin copy empty (name) from program 'echo one; echo two'; end $$",
    ),
    "lock rows and fail": (
        "select * from codes for no key update",
        "select * from big where id = 1 for key share",
        "select 1 / ({n} - {n})",
    ),
    "notify in a trigger": (
        "do $$ begin perform pg_notify('all', 'x'); insert into watched values (30{n}); end $$",
    ),
    "insert very much": (
        "insert into heap select n, repeat('x', 100) from generate_series(1, 1000 * {n}) n",
    ),
    "write more than the log is read": (
        "update heap set body = repeat('y', 400)",
        "insert into codes values (50{n}, 50{n})",
        "select nextval('loose')",
    ),
    "copy frozen": (
        "do $$ begin truncate heap; copy heap from program 'printf \"1\\tx\\n\"' with (freeze); "
        "end $$",
    ),
    "write much and undo a part": (
        "do $$ begin for n in 1..40 loop begin insert into codes values (600 + n, 600 + n); "
        "if n % {n} = 0 then raise 'no'; end if; exception when raise_exception then null; end; "
        "end loop; end $$",
    ),
    "replace rows": (
        "delete from codes where id = 1",
        "insert into codes values (1, 1)",
        "delete from noted where id = 1",
        "insert into noted values (1, 'a')",
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
    "cache a sequence": ("alter sequence used cache 20", "select nextval('used')"),
    "own a sequence": ("alter sequence loose owned by heap.number",),
    "make a sequence unlogged": ("alter sequence used set unlogged",),
    "rename a sequence": ("alter sequence loose rename to looser_{n}",),
    "nextval and currval": ("select nextval('loose')", "select currval('loose'), lastval()"),
    "nextval until it starts again": ("select nextval('loose') from generate_series(1, 60)",),
}
LARGE_OBJECTS = {
    "create a large object": ("select lo_from_bytea(0, '\\x0102')",),
    "change a large object": ("select lo_put(424242, 5, '\\xffff')",),
    "remove a large object": ("select lo_unlink(424242)",),
    "truncate a large object": ("select lo_truncate(lo_open(424242, 131072), {n})",),
    "comment on a large object": ("comment on large object 424243 is 'x {n}'",),
    "grant on a large object": ("grant select on large object 424242 to public",),
    "change a large object in place": ("select lowrite(lo_open(424242, 131072), '\\x{n}{n}')",),
    "read a large object": ("select lo_get(424242, 0, {n})",),
}
