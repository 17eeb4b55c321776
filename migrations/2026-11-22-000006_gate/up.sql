-- The gate between what arrives by itself and what is in force: switches, exceptions, kept lines; and how busy it is.

create table switches (
    merchant_id bigint not null references merchants (id),
    module text not null check (module in ('all', 'product', 'category', 'price', 'lot', 'listing', 'stock', 'customer', 'order', 'shipment')),
    reason text not null,
    by_user bigint references users (id),
    by_name text not null,
    since timestamptz not null,
    until timestamptz check (until > since),
    mark bigint generated always as identity,
    primary key (merchant_id, module)
);
comment on table switches is 'A row says off; without one, or once until is over, the module is on. all is the merchant as a whole (W-01, W-02).';
comment on column switches.mark is 'Another number with every change: who decides on what they saw finds out when it is not so any more.';

create table exceptions (
    merchant_id bigint not null,
    id bigint generated always as identity,
    module text not null check (module in ('product', 'price', 'lot', 'listing', 'stock')),
    product_id bigint not null,
    sku_id bigint,
    shop_id bigint,
    field text not null default '',
    reason text not null,
    by_user bigint references users (id),
    by_name text not null,
    since timestamptz not null,
    until timestamptz check (until > since),
    primary key (merchant_id, id),
    foreign key (merchant_id, product_id) references products (merchant_id, id) on delete cascade,
    foreign key (merchant_id, sku_id) references skus (merchant_id, id) on delete cascade,
    foreign key (merchant_id, shop_id) references shops (merchant_id, id)
);
comment on table exceptions is 'Goods whose module stays as it is whatever is pushed (W-03, W-04). One field alone is a lock.';
create unique index exceptions_place on exceptions (merchant_id, module, product_id, coalesce(sku_id, 0), coalesce(shop_id, 0), field);
create index exceptions_product on exceptions (merchant_id, product_id);

create table held_lines (
    merchant_id bigint not null references merchants (id),
    method text not null,
    module text not null,
    key text not null,
    line jsonb not null,
    why text not null check (why in ('switch', 'item')),
    product_id bigint,
    sku_id bigint,
    shop_id bigint,
    source_time timestamptz,
    first_at timestamptz not null,
    last_at timestamptz not null,
    count bigint not null default 1,
    feed_id bigint,
    wanted boolean not null default false,
    version bigint not null default 1,
    primary key (merchant_id, method, module, key)
);
comment on table held_lines is 'What was pushed while a switch was off or an exception stood: the newest value of every field, to be applied or discarded (Q-28, G11).';
comment on column held_lines.wanted is 'A person said: apply it, however old it is.';
create index held_lines_order on held_lines (merchant_id, module, last_at);

create table call_minutes (
    merchant_id bigint not null references merchants (id),
    minute timestamptz not null,
    module text not null,
    slot smallint not null default 0,
    calls integer not null,
    failed integer not null,
    lines bigint not null,
    slow integer[] not null,
    primary key (merchant_id, minute, module, slot)
) with (fillfactor = 70);
comment on table call_minutes is 'The call log counted by minute, so that the sync centre costs the same with any number of calls; kept two days.';
comment on column call_minutes.slot is 'Chance: so that calls at the same time do not queue for one row.';
comment on column call_minutes.slow is 'Calls by duration, each step a quarter longer than the one before.';
