-- Who pays what: groups of regions and of customers, and the prices that are not simply the SKU's own (R-01…R-08, Q-06, Q-27).

create table region_groups (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    code varchar(20) not null check (code ~ '^[^[:space:]@:~]+$'),
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
    code varchar(20) not null check (code ~ '^[^[:space:]@:~]+$'),
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
    constraint prices_span check (valid_from < valid_until and (isfinite(valid_from) or not isfinite(valid_until))),
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
    ) where (isfinite(valid_from))
) with (fillfactor = 85);
comment on column prices.valid_from is 'The standing price begins at -infinity; what only ends begins at the epoch, so that both may be there.';
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

create index skus_unpriced on skus (merchant_id, id) where base_price is null;
create index skus_below_cost on skus (merchant_id, id) where base_price < cost_price;
alter table skus add column quoted_at timestamptz, add column quote_version integer not null default 1;
comment on column skus.quoted_at is 'The source time of the newest prices pushed for the SKU itself: prices have a clock of their own (G-01, Q-15).';
comment on column skus.quote_version is 'Another number with every change of any of its prices, rows of prices included.';

-- Lists of prices say something of the entries they hold, and nothing of others: a kept line is laid over another entry by entry.
create function price_entry(entry jsonb) returns jsonb language sql immutable parallel safe as
$$ select case jsonb_typeof(entry) when 'object' then entry - 'price' else entry end $$;

create function kept_over(line jsonb, newer jsonb) returns jsonb language sql immutable parallel safe as
$$ select (line || newer) || coalesce((select jsonb_object_agg(k, (select jsonb_agg(e order by n) from (
     select e, n from jsonb_array_elements(line->k) with ordinality o(e, n)
       where not exists (select from jsonb_array_elements(newer->k) s where price_entry(s) = price_entry(e))
     union all select e, n + 1000000 from jsonb_array_elements(newer->k) with ordinality o(e, n)) both_of))
   from unnest('{regionPrices,customerPrices}'::text[]) k
   where jsonb_typeof(line->k) = 'array' and jsonb_typeof(newer->k) = 'array' and newer->k <> '[]'), '{}') $$;
comment on function kept_over is 'A kept line with a newer one over it: the newest value of every field.';

create function kept_without(line jsonb, fields text[], said jsonb) returns jsonb language sql immutable parallel safe as
$$ select (line - fields) || coalesce((select jsonb_object_agg(k, rest) from (
     select k, (select jsonb_agg(e) from jsonb_array_elements(line->k) e
       where not exists (select from jsonb_array_elements(said->k) s where price_entry(s) = price_entry(e))) as rest
     from unnest('{regionPrices,customerPrices}'::text[]) k
     where k = any(fields) and jsonb_typeof(line->k) = 'array' and jsonb_typeof(said->k) = 'array') l where rest is not null), '{}') $$;
comment on function kept_without is 'A kept line without what has been said directly since.';
