create table accounts (
    id      integer generated always as identity primary key,
    email   text not null unique,
    balance integer not null default 0 check (balance >= 0)  -- store credit, in cents
);
