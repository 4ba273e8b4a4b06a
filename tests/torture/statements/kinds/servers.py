"""Statements that touch the whole server, or end sessions or the database."""

from __future__ import annotations

# What touches the whole server and leaves nothing, or what goes with the database.
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
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()",
    ),
    "drop the database": ("elsewhere: drop database {db} with (force)",),
    "rename the database": (
        "elsewhere: select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = '{db}'",
        "elsewhere: alter database {db} rename to t_away_{n}_{db}",
    ),
    "close the database": ("elsewhere: alter database {db} allow_connections false",),
    "replace the database": (
        "elsewhere: drop database {db} with (force)",
        "elsewhere: create database {db}",
    ),
    "cancel all others": (
        "select pg_cancel_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()",
    ),
    "rename the database there and back": (
        "elsewhere: select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = '{db}'",
        "elsewhere: alter database {db} rename to t_away_{n}_{db}",
        "elsewhere: alter database t_away_{n}_{db} rename to {db}",
    ),
    "end all others and write on": (
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()",
        "create table after_{n} (id integer)",
        "insert into big (number) values ({n})",
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
    "alter system and reload": ("alter system set work_mem = '8MB'", "select pg_reload_conf()"),
    "create a role that works": (
        "create role boss_{n} superuser",
        "set role boss_{n}",
        "create table bossed_{n} (id integer)",
        "insert into bossed_{n} values (1)",
    ),
    "create a tablespace in use": (
        "set allow_in_place_tablespaces = on",
        "create tablespace used_{n} location ''",
        "create table in_space_{n} (id integer) tablespace used_{n}",
        "insert into in_space_{n} values (1)",
    ),
}
