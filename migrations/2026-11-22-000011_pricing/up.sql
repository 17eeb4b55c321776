-- Who pays what: groups of regions and of customers, and the prices that are not simply the SKU's own (R-01…R-08, Q-06, Q-27).

create table region_groups (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    code varchar(20) not null check (code <> ''),
    name varchar(60) not null check (name <> ''),
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (merchant_id, id),
    unique (merchant_id, code)
);
comment on column region_groups.code is 'What the ERP sends (wire regionGroup).';

create table region_group_members (
    merchant_id bigint not null,
    region_code text not null references regions (code),
    group_id bigint not null,
    primary key (merchant_id, region_code),
    foreign key (merchant_id, group_id) references region_groups (merchant_id, id) on delete cascade
);
comment on table region_group_members is 'A province or city is in one group at most; a city''s own group beats that of its province (Q-27).';
create index region_group_members_group on region_group_members (merchant_id, group_id, region_code);

create table customer_groups (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    code varchar(20) not null check (code <> ''),
    name varchar(60) not null check (name <> ''),
    level smallint not null default 0 check (level between 0 and 99),
    priority integer not null default 100 check (priority between 1 and 9999),
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (merchant_id, id),
    unique (merchant_id, code)
);
comment on column customer_groups.priority is 'Of several groups a customer is in the smallest number counts (Q-27).';

create table customer_group_members (
    merchant_id bigint not null,
    customer_id bigint not null,
    group_id bigint not null,
    primary key (merchant_id, customer_id, group_id),
    foreign key (merchant_id, customer_id) references customers (merchant_id, id) on delete cascade,
    foreign key (merchant_id, group_id) references customer_groups (merchant_id, id) on delete cascade
);
create index customer_group_members_group on customer_group_members (merchant_id, group_id, customer_id);

-- A number of 0 says: not by this. The generated columns carry the foreign keys, for which 0 must be null.
create table prices (
    merchant_id bigint not null,
    sku_id bigint not null,
    customer_id bigint not null default 0,
    customer_group_id bigint not null default 0,
    region_group_id bigint not null default 0,
    shop_id bigint not null default 0,
    valid_from timestamptz not null default '-infinity',
    valid_until timestamptz not null default 'infinity',
    amount numeric(12, 2) not null check (amount >= 0),
    owner text not null check (owner in ('erp', 'person', 'platform')),
    source_time timestamptz,
    updated_at timestamptz not null,
    customer bigint generated always as (nullif(customer_id, 0)) stored,
    customer_group bigint generated always as (nullif(customer_group_id, 0)) stored,
    region_group bigint generated always as (nullif(region_group_id, 0)) stored,
    shop bigint generated always as (nullif(shop_id, 0)) stored,
    primary key (merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from),
    foreign key (merchant_id, sku_id) references skus (merchant_id, id),
    foreign key (merchant_id, customer) references customers (merchant_id, id),
    foreign key (merchant_id, customer_group) references customer_groups (merchant_id, id),
    foreign key (merchant_id, region_group) references region_groups (merchant_id, id),
    foreign key (merchant_id, shop) references shops (merchant_id, id),
    constraint prices_span check (valid_from < valid_until),
    constraint prices_of_somebody check (customer_id > 0 or customer_group_id > 0 or region_group_id > 0 or shop_id > 0),
    constraint prices_one_kind_of_customer check (customer_id = 0 or customer_group_id = 0),
    constraint prices_member check (shop_id = 0 or (customer_id = 0 and customer_group_id = 0 and region_group_id = 0)),
    -- Rows with dates, of which there are few: two for one buyer never overlap. Ranges of one number stand for equality, so
    -- that no extension is needed. A row without dates is the standing price below them; the primary key lets there be one.
    constraint prices_apart exclude using gist (
        int8range(merchant_id, merchant_id, '[]') with &&, int8range(sku_id, sku_id, '[]') with &&,
        int8range(customer_id, customer_id, '[]') with &&, int8range(customer_group_id, customer_group_id, '[]') with &&,
        int8range(region_group_id, region_group_id, '[]') with &&, int8range(shop_id, shop_id, '[]') with &&,
        tstzrange(valid_from, valid_until) with &&
    ) where (isfinite(valid_from) or isfinite(valid_until))
) with (fillfactor = 85);
comment on table prices is 'Prices by customer, customer group, region group and shop; the kinds everybody has stand on skus. No row: inherited. Dates: from inclusive, until exclusive.';
create index prices_customer on prices (merchant_id, customer_id, sku_id) where customer_id > 0;
create index prices_customer_group on prices (merchant_id, customer_group_id, sku_id) where customer_group_id > 0;
create index prices_region_group on prices (merchant_id, region_group_id, sku_id) where region_group_id > 0;

create table price_rules (
    merchant_id bigint primary key references merchants (id),
    policy text not null default 'specific' check (policy in ('specific', 'lowest')),
    member text not null default 'uniform' check (member in ('uniform', 'per_shop')),
    alert_percent smallint not null default 20 check (alert_percent between 1 and 1000),
    floor_percent smallint check (floor_percent between 1 and 1000),
    updated_at timestamptz not null
);
comment on table price_rules is 'How prices are found and changed at a merchant; without a row the defaults.';
comment on column price_rules.floor_percent is 'No person sets a price below this share of cost; null: no limit (R-08).';

alter table skus add column quoted_at timestamptz;
comment on column skus.quoted_at is 'The source time of the newest prices pushed for the SKU itself: prices have a clock of their own (G-01, Q-15).';
