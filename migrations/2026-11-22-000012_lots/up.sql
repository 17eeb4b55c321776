-- Lots per SKU and shop as the ERP last told them, and what of the stock may not be sold because of them (B-01…B-06).

create table lot_rules (
    merchant_id bigint primary key references merchants (id),
    mode text not null default 'replace_all' check (mode in ('replace_all', 'newest', 'largest')),
    carries_stock boolean not null default false,
    check (not carries_stock or mode = 'replace_all')
);
comment on table lot_rules is 'A merchant without a row has the defaults.';
comment on column lot_rules.carries_stock is 'The ERP keeps its stock by lot: a row''s number is the sum of its lots (B-05, Q-22).';

create table lot_heads (
    merchant_id bigint not null,
    sku_id bigint not null,
    shop_id bigint not null,
    version bigint not null default 0,
    source_time timestamptz,
    at timestamptz not null,
    told_at timestamptz not null,
    gone jsonb,
    primary key (merchant_id, sku_id, shop_id),
    foreign key (merchant_id, sku_id) references skus (merchant_id, id),
    foreign key (merchant_id, shop_id) references shops (merchant_id, id)
) with (fillfactor = 80);
comment on table lot_heads is 'The last full replacement of a SKU''s lots at a shop, and the row that is locked to replace them.';
comment on column lot_heads.at is 'When the lots last changed.';
comment on column lot_heads.told_at is 'When the ERP last told them, changed or not.';
comment on column lot_heads.gone is 'The lots that the last replacement took off sale: told with nothing left, or told no more.';
create index lot_heads_gone on lot_heads (merchant_id, sku_id, shop_id) where gone is not null;

create table lots (
    merchant_id bigint not null,
    sku_id bigint not null,
    shop_id bigint not null,
    lot_no varchar(40) not null,
    produced_on date,
    expires_on date,
    produced_month boolean not null default false,
    expires_month boolean not null default false,
    qty bigint check (qty > 0),
    primary key (merchant_id, sku_id, shop_id, lot_no),
    foreign key (merchant_id, sku_id, shop_id) references lot_heads (merchant_id, sku_id, shop_id),
    check (expires_on >= produced_on)
);
comment on table lots is 'Only what is on sale: a full replacement leaves nothing behind (B-03).';
comment on column lots.expires_on is 'The last day on which it may be sold; where the ERP told a month, the last of it.';
comment on column lots.qty is 'Missing where the ERP keeps no quantity per lot.';
create index lots_expiry on lots (merchant_id, coalesce(expires_on, date '9999-12-31'), sku_id, shop_id, lot_no);
create index lots_no on lots (merchant_id, lot_no, sku_id, shop_id);

create table lot_stops (
    merchant_id bigint not null,
    sku_id bigint not null,
    shop_id bigint not null,
    lot_no varchar(40) not null,
    at timestamptz not null,
    by_name text not null,
    reason text not null,
    primary key (merchant_id, sku_id, shop_id, lot_no),
    foreign key (merchant_id, sku_id) references skus (merchant_id, id),
    foreign key (merchant_id, shop_id) references shops (merchant_id, id)
);
comment on table lot_stops is 'Lots a person has taken off sale. Kept apart from the lots, so that a lot that comes back is still stopped.';

create table lot_snapshots (
    merchant_id bigint not null,
    sku_id bigint not null,
    shop_id bigint not null,
    version bigint not null,
    at timestamptz not null,
    source_time timestamptz,
    lots jsonb not null,
    actor_name text not null,
    request_id uuid,
    feed_id bigint,
    line_no integer,
    primary key (merchant_id, sku_id, shop_id, version),
    foreign key (merchant_id, sku_id, shop_id) references lot_heads (merchant_id, sku_id, shop_id)
);
comment on table lot_snapshots is 'What each full replacement that changed something said, the lots with nothing left as well; kept 400 days.';
create index lot_snapshots_age on lot_snapshots (at);
create index lot_snapshots_feed on lot_snapshots (merchant_id, feed_id) where feed_id is not null;
create trigger lot_snapshots_are_final before update on lot_snapshots for each row execute function refuse_change();

alter table stock
    add column withheld bigint not null default 0 check (withheld >= 0),
    add column lots_until date,
    add column lots_qty bigint check (lots_qty >= 0);
comment on column stock.withheld is 'Units in lots that are expired or stopped; what counts of it is never more than there is.';
comment on column stock.lots_until is 'The last day for which withheld is right: on the next one another lot has expired.';
comment on column stock.lots_qty is 'The sum over the lots; missing while there are none, or one has no quantity.';
create index stock_lots_due on stock (lots_until, merchant_id, sku_id, shop_id) where lots_until is not null;

create or replace function stock_available(s stock) returns bigint language sql stable as $$
    select coalesce(s.hold_qty - s.hold_used,
        s.erp_qty - least(s.withheld, greatest(s.erp_qty, 0)) - s.frozen - s.sold_open - s.safety
            - coalesce((select r.stale_extra from stock_rules r where r.merchant_id = s.merchant_id), 0))
$$;

alter table stock_marks drop constraint stock_marks_mark_check,
    add constraint stock_marks_mark_check check (mark in ('low', 'out', 'short', 'drift', 'held', 'lots'));
comment on table stock_marks is 'The few rows each tab of the stock and lot pages asks for, kept beside the hot table so that it needs no index on its figures.';

alter table stock_movements drop constraint stock_movements_kind_check,
    add constraint stock_movements_kind_check check (kind in ('erp_set', 'manual_set', 'reserve', 'confirm', 'release', 'expire', 'restock',
        'settle', 'lot_sum', 'undo', 'hold', 'hold_change', 'hold_end', 'rule', 'lots', 'lot_expiry'));

alter table guard_rules add column lots_on boolean not null default true;
alter table quarantines drop constraint quarantines_guard_check,
    add constraint quarantines_guard_check check (guard in ('zero', 'swing', 'floor', 'lots'));
