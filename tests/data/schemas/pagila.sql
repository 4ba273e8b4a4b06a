-- A video rental shop: the tables, types, triggers and views that Pagila's description names.
create type mpaa_rating as enum ('G', 'PG', 'PG-13', 'R', 'NC-17');
create domain year as integer constraint year_check check (value >= 1901 and value <= 2155);

create function last_updated() returns trigger language plpgsql as $$
begin
    new.last_update = current_timestamp;
    return new;
end $$;

create table actor (
    actor_id    serial primary key,
    first_name  text not null,
    last_name   text not null,
    last_update timestamptz not null default now()
);
create index idx_actor_last_name on actor (last_name);

create table category (
    category_id serial primary key,
    name        text not null,
    last_update timestamptz not null default now()
);

create table country (
    country_id  serial primary key,
    country     text not null,
    last_update timestamptz not null default now()
);

create table city (
    city_id     serial primary key,
    city        text not null,
    country_id  integer not null references country on update cascade on delete restrict,
    last_update timestamptz not null default now()
);

create table address (
    address_id  serial primary key,
    address     text not null,
    address2    text,
    district    text not null,
    city_id     integer not null references city on update cascade on delete restrict,
    postal_code text,
    phone       text not null,
    last_update timestamptz not null default now()
);

create table language (
    language_id serial primary key,
    name        character(20) not null,
    last_update timestamptz not null default now()
);

create table film (
    film_id              serial primary key,
    title                text not null,
    description          text,
    release_year         year,
    language_id          integer not null references language on update cascade on delete restrict,
    original_language_id integer references language on update cascade on delete restrict,
    rental_duration      smallint not null default 3,
    rental_rate          numeric(4, 2) not null default 4.99,
    length               smallint,
    replacement_cost     numeric(5, 2) not null default 19.99,
    rating               mpaa_rating default 'G',
    last_update          timestamptz not null default now(),
    special_features     text[],
    fulltext             tsvector not null
);
create index film_fulltext_idx on film using gist (fulltext);
create trigger film_fulltext_trigger before insert or update on film for each row
    execute function tsvector_update_trigger('fulltext', 'pg_catalog.english', 'title', 'description');

create table film_actor (
    actor_id    integer not null references actor on update cascade on delete restrict,
    film_id     integer not null references film on update cascade on delete restrict,
    last_update timestamptz not null default now(),
    primary key (actor_id, film_id)
);

create table film_category (
    film_id     integer not null references film on update cascade on delete restrict,
    category_id integer not null references category on update cascade on delete restrict,
    last_update timestamptz not null default now(),
    primary key (film_id, category_id)
);

create table store (
    store_id         serial primary key,
    manager_staff_id integer not null,
    address_id       integer not null references address on update cascade on delete restrict,
    last_update      timestamptz not null default now()
);
create unique index idx_unq_manager_staff_id on store (manager_staff_id);

create table staff (
    staff_id    serial primary key,
    first_name  text not null,
    last_name   text not null,
    address_id  integer not null references address on update cascade on delete restrict,
    email       text,
    store_id    integer not null references store on update cascade on delete restrict,
    active      boolean not null default true,
    username    text not null,
    password    text,
    last_update timestamptz not null default now(),
    picture     bytea
);

create table customer (
    customer_id serial primary key,
    store_id    integer not null references store on update cascade on delete restrict,
    first_name  text not null,
    last_name   text not null,
    email       text,
    address_id  integer not null references address on update cascade on delete restrict,
    activebool  boolean not null default true,
    create_date date not null default current_date,
    last_update timestamptz default now(),
    active      integer
);

create table inventory (
    inventory_id serial primary key,
    film_id      integer not null references film on update cascade on delete restrict,
    store_id     integer not null references store on update cascade on delete restrict,
    last_update  timestamptz not null default now()
);

create table rental (
    rental_id    serial primary key,
    rental_date  timestamptz not null,
    inventory_id integer not null references inventory on update cascade on delete restrict,
    customer_id  integer not null references customer on update cascade on delete restrict,
    return_date  timestamptz,
    staff_id     integer not null references staff on update cascade on delete restrict,
    last_update  timestamptz not null default now()
);
create unique index idx_unq_rental on rental (rental_date, inventory_id, customer_id);

create table payment (
    payment_id   serial,
    customer_id  integer not null references customer on update cascade on delete restrict,
    staff_id     integer not null references staff on update cascade on delete restrict,
    rental_id    integer not null references rental on update cascade on delete set null,
    amount       numeric(5, 2) not null,
    payment_date timestamptz not null,
    primary key (payment_date, payment_id)
) partition by range (payment_date);
create table payment_p2022_01 partition of payment for values from ('2022-01-01 00:00+00') to ('2022-02-01 00:00+00');
create table payment_p2022_02 partition of payment for values from ('2022-02-01 00:00+00') to ('2022-03-01 00:00+00');
create table payment_p2022_03 partition of payment for values from ('2022-03-01 00:00+00') to ('2022-04-01 00:00+00');
create table payment_p2022_04 partition of payment for values from ('2022-04-01 00:00+00') to ('2022-05-01 00:00+00');
create table payment_p2022_05 partition of payment for values from ('2022-05-01 00:00+00') to ('2022-06-01 00:00+00');
create table payment_p2022_06 partition of payment for values from ('2022-06-01 00:00+00') to ('2022-07-01 00:00+00');
create table payment_p2022_07 partition of payment for values from ('2022-07-01 00:00+00') to ('2022-08-01 00:00+00');

create trigger last_updated before update on actor for each row execute function last_updated();
create trigger last_updated before update on address for each row execute function last_updated();
create trigger last_updated before update on category for each row execute function last_updated();
create trigger last_updated before update on city for each row execute function last_updated();
create trigger last_updated before update on country for each row execute function last_updated();
create trigger last_updated before update on customer for each row execute function last_updated();
create trigger last_updated before update on film for each row execute function last_updated();
create trigger last_updated before update on inventory for each row execute function last_updated();
create trigger last_updated before update on rental for each row execute function last_updated();
create trigger last_updated before update on staff for each row execute function last_updated();
create trigger last_updated before update on store for each row execute function last_updated();

create view customer_list as
    select c.customer_id as id, c.first_name || ' ' || c.last_name as name, a.address, a.phone,
           city.city, country.country, c.store_id as sid
    from customer c join address a using (address_id) join city using (city_id)
    join country using (country_id);
create view film_list as
    select film.film_id as fid, film.title, category.name as category, film.rental_rate as price
    from film join film_category using (film_id) join category using (category_id);
create view sales_by_store as
    select store.store_id, sum(payment.amount) as total
    from payment join staff using (staff_id) join store using (store_id) group by store.store_id;
create materialized view rental_by_category as
    select category.name as category, sum(payment.amount) as total
    from payment join rental using (rental_id) join inventory using (inventory_id)
    join film_category using (film_id) join category using (category_id) group by category.name;
