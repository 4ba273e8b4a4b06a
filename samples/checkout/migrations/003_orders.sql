create table orders (
    id         uuid primary key default gen_random_uuid(),
    account_id integer not null references accounts (id),
    product_id integer not null references products (id),
    quantity   integer not null default 1 check (quantity > 0),
    total      integer not null check (total > 0)  -- in cents, at the price of that day
);

-- The primary key is the idempotency key: whoever pays an order twice finds it here.
create table payments (
    order_id uuid primary key references orders (id),
    credit   integer not null check (credit >= 0),  -- taken from the account's balance
    card     integer not null check (card >= 0),    -- charged by the bank
    status   text not null default 'reserved' check (status in ('reserved', 'paid', 'declined'))
);
