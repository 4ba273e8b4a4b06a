create table alerts (
    id         integer generated always as identity primary key,
    user_id    integer not null references users (id) on delete cascade,
    symbol     text not null references tokens (symbol),
    direction  text not null check (direction in ('above', 'below')),
    threshold  numeric(19, 8) not null check (threshold > 0),
    status     text not null default 'active',
    created_at timestamptz not null default current_timestamp,
    unique (user_id, symbol, direction, threshold)
);

create index alerts_by_symbol on alerts (symbol);
