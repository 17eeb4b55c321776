-- Stock per SKU and shop: the ERP owns one number, the platform owns the counters (Q-13, spec of stock §4.1).

create table stock (
    merchant_id bigint not null,
    shop_id bigint not null,
    sku_id bigint not null,
    erp_qty bigint not null default 0 check (erp_qty >= 0),
    qty_by text not null default 'erp' check (qty_by in ('erp', 'person')),
    reported_sold bigint,
    reported_frozen bigint,
    frozen bigint not null default 0 check (frozen >= 0),
    sold bigint not null default 0 check (sold >= 0),
    sold_open bigint not null default 0 check (sold_open >= 0),
    safety bigint not null default 0 check (safety >= 0),
    source_time timestamptz,
    reported_at timestamptz,
    version bigint not null default 1,
    updated_at timestamptz not null,
    primary key (merchant_id, sku_id, shop_id),
    foreign key (merchant_id, shop_id) references shops (merchant_id, id),
    foreign key (merchant_id, sku_id) references skus (merchant_id, id)
) with (fillfactor = 80);
comment on table stock is 'No index on a column that a push changes, so that updates stay heap-only.';
comment on column stock.sold_open is 'Paid units that the ERP''s number does not contain yet.';
create unique index stock_by_shop on stock (merchant_id, shop_id, sku_id);

create table stock_marks (
    merchant_id bigint not null,
    sku_id bigint not null,
    shop_id bigint not null,
    mark text not null check (mark in ('low', 'out', 'short', 'drift')),
    primary key (merchant_id, mark, sku_id, shop_id),
    foreign key (merchant_id, sku_id, shop_id) references stock (merchant_id, sku_id, shop_id) on delete cascade
);
comment on table stock_marks is 'The few rows each tab of the stock page asks for, kept beside the hot table so that it needs no index on its figures.';
create index stock_marks_row on stock_marks (merchant_id, sku_id, shop_id);
create index stock_marks_shop on stock_marks (merchant_id, mark, shop_id, sku_id);

create table stock_movements (
    merchant_id bigint not null,
    at timestamptz not null,
    id bigint generated always as identity,
    sku_id bigint not null,
    shop_id bigint not null,
    kind text not null check (kind in ('erp_set', 'manual_set', 'reserve', 'confirm', 'release', 'restock', 'lot_sum', 'undo')),
    before bigint not null,
    after bigint not null,
    available bigint not null,
    actor_kind text not null check (actor_kind in ('person', 'erp', 'system')),
    actor_name text not null,
    reason text,
    request_id uuid,
    feed_id bigint,
    line_no integer,
    primary key (merchant_id, at, id)
) partition by range (at);
comment on table stock_movements is 'No foreign keys: its rows come from locked rows of stock, a thousand at a time, and are never changed.';
create index stock_movements_row on stock_movements (merchant_id, sku_id, shop_id, at desc);
create trigger stock_movements_are_final before update or delete on stock_movements for each row execute function refuse_change();

select ensure_month_partitions(now(), 2);
