"""The schema that the conformance tests work on."""


def shop(db):
    """Make tables of every kind that a test may trip over."""
    for statement in STATEMENTS:
        db.execute(statement)


STATEMENTS = (
    "create table items (id integer generated always as identity primary key, "
    "  name text not null unique, price integer not null default 0 check (price >= 0))",
    "create table parents (id integer primary key)",
    # checked at commit
    "create table children (id integer primary key, parent integer not null "
    "  constraint child_parent references parents deferrable initially deferred)",
    # checked at once, unless the code asks otherwise
    "create table ranks (id integer primary key, "
    "  rank integer constraint one_rank unique deferrable initially immediate)",
    # names that have to be quoted
    'create table "order" (id integer primary key)',
    'create table "MixedCase" (id integer primary key)',
    'create table "with ""quotes"" and.dot" (id integer primary key)',
    "create schema audit",
    "create table audit.log (id integer generated always as identity primary key, line text)",
    'create schema "Odd.Schema"',
    'create table "Odd.Schema"."user" (id integer primary key)',
    "create view cheap as select * from items where price < 10",
    # written at commit by a trigger
    "create function note() returns trigger language plpgsql as "
    "  $$ begin insert into audit.log (line) values ('parent ' || new.id); return null; end $$",
    "create constraint trigger noted after insert on parents deferrable initially deferred "
    "  for each row execute function note()",
    # references in every shape
    "create table nodes (id integer primary key, parent integer references nodes)",
    "create table orders (id integer primary key, item integer not null references items)",
    "create table audit.lines (id integer primary key, "
    "  orders integer not null references orders on delete restrict)",
    "create table chicken (id integer primary key)",
    "create table egg (id integer primary key, laid_by integer not null references chicken)",
    "alter table chicken add column hatched_from integer references egg",
)
