-- What Kafka is to be told, written with what it tells of.
create table events (
    id        bigint generated always as identity primary key,
    order_id  uuid not null references orders (id),
    name      text not null,
    published boolean not null default false
);

create index events_to_publish on events (id) where not published;
