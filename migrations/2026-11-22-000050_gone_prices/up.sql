-- What is no longer in force and still counts for something: a removed price keeps its clock, so that an older message that comes
-- late does not bring it back (I-5); a deleted group can be brought back with the prices that went with it (I-9).

create table gone_prices (
    merchant_id bigint not null,
    sku_id bigint not null,
    customer_id bigint not null,
    customer_group_id bigint not null,
    region_group_id bigint not null,
    shop_id bigint not null,
    valid_from timestamptz not null,
    source_time timestamptz,
    with_group boolean not null default false,
    valid_until timestamptz,
    amount numeric(12, 2) check (amount >= 0),
    owner text check (owner in ('erp', 'person', 'platform')),
    gone_at timestamptz not null,
    primary key (merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from),
    foreign key (merchant_id, sku_id) references skus (merchant_id, id),
    constraint gone_prices_kept check (not with_group or (valid_until is not null and amount is not null and owner is not null)),
    constraint gone_prices_told check (with_group or source_time is not null)
);
comment on table gone_prices is 'Prices that were taken away, named as in prices. No foreign keys to groups, which may be gone as well.';
comment on column gone_prices.with_group is 'It went with a deleted group and comes back with it; otherwise only its clock is kept.';
create index gone_prices_region_group on gone_prices (merchant_id, region_group_id, sku_id) where with_group and region_group_id > 0;
create index gone_prices_customer_group on gone_prices (merchant_id, customer_group_id, sku_id) where with_group and customer_group_id > 0;
create index gone_prices_age on gone_prices (gone_at);

create table gone_groups (
    merchant_id bigint not null references merchants (id),
    kind text not null check (kind in ('region', 'customer')),
    id bigint not null,
    code varchar(20) not null,
    name varchar(60) not null,
    level smallint not null default 0,
    priority integer not null default 100,
    version integer not null,
    regions text[] not null default '{}',
    customers bigint[] not null default '{}',
    held bigint not null,
    by_name text not null,
    gone_at timestamptz not null,
    primary key (merchant_id, kind, id)
);
comment on column gone_groups.held is 'Prices that went with it.';
comment on table gone_groups is 'Deleted groups that can still be brought back, with whom they held; their prices are in gone_prices.';
create index gone_groups_age on gone_groups (gone_at);

-- What everybody pays may have dates as well, above the standing price on skus.
alter table prices drop constraint prices_of_somebody;
alter table prices add constraint prices_of_somebody
    check (customer_id > 0 or customer_group_id > 0 or region_group_id > 0 or shop_id > 0 or isfinite(valid_from)) not valid;
alter table prices validate constraint prices_of_somebody;
