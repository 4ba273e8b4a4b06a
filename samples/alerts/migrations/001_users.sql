create table users (
    id         integer generated always as identity primary key,
    email      text not null unique,
    name       text not null default '',
    created_at timestamptz not null default current_timestamp
);
