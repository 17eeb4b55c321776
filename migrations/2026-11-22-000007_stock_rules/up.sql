-- What makes stock never wrong: what is inside the ERP's number, units buyers have taken, and a person's hold over the result.

alter table merchants add column order_seq bigint not null default 0;
comment on column merchants.order_seq is 'The order feed''s number, taken under this row''s lock in the paying transaction: no gap, no reordering (G10).';

create table stock_rules (
    merchant_id bigint primary key references merchants (id),
    mode text not null default 'bare' check (mode in ('cursor', 'erp_clock', 'our_clock', 'physical', 'triple', 'bare')),
    freeze_minutes integer not null default 30 check (freeze_minutes between 1 and 10080),
    lag_ms bigint,
    lag_at timestamptz,
    stale_extra bigint not null default 0 check (stale_extra >= 0)
);
comment on table stock_rules is 'A merchant without a row has the defaults.';
comment on column stock_rules.mode is 'How we know which paid units the ERP''s number contains already (Q-14, §4.3 of the law of stock).';
comment on column stock_rules.lag_ms is 'Mode our_clock: the least seen of received minus asOf, of the last day.';
comment on column stock_rules.stale_extra is 'Kept back from every row while the ERP''s figures are overdue; 0 when they are not.';

alter table stock
    add column reported_qty bigint,
    add column ack_seq bigint,
    add column as_of timestamptz,
    add column received_at timestamptz,
    add column sold_offset bigint,
    add column oversell bigint not null default 0 check (oversell >= 0),
    add column hold_id bigint,
    add column hold_qty bigint check (hold_qty >= 0),
    add column hold_used bigint not null default 0 check (hold_used >= 0),
    add column hold_until timestamptz,
    add column hold_keeps boolean not null default false,
    add constraint stock_hold_whole check ((hold_id is null) = (hold_qty is null) and (hold_id is not null or (hold_until is null and hold_used = 0)));
comment on column stock.reported_qty is 'Mode triple: the inventory as the ERP sent it; erp_qty is derived from it.';
comment on column stock.ack_seq is 'Mode cursor: the highest order number the ERP had booked when it read its quantity.';
comment on column stock.as_of is 'When the ERP read its quantity, by its own clock.';
comment on column stock.received_at is 'When the last push of the quantity arrived; exact while paid units are open, to the minute otherwise.';
comment on column stock.oversell is 'How far below zero may be sold on purpose (S-06, S-07).';
comment on column stock.hold_qty is 'A person''s number over the result, while the hold is on; the rest of the row goes on living as its shadow.';
comment on column stock.hold_used is 'Units taken under the hold.';
comment on column stock.hold_keeps is 'At its end the hold stays until the next push, instead of giving way at once.';

create table reservations (
    merchant_id bigint not null references merchants (id),
    no varchar(64) not null,
    state text not null check (state in ('frozen', 'paid', 'released')),
    order_no varchar(64),
    created_at timestamptz not null,
    expires_at timestamptz,
    seq bigint,
    paid_at timestamptz,
    acked_at timestamptz,
    imported_at timestamptz,
    shipped_at timestamptz,
    ended_at timestamptz,
    ended_by text check (ended_by in ('storefront', 'expiry', 'person')),
    reason text,
    primary key (merchant_id, no),
    check ((state = 'frozen') = (expires_at is not null)),
    check ((seq is null) = (paid_at is null))
);
comment on table reservations is 'Units a buyer has taken, by the storefront''s reservation id (S-05, S-07, I-2).';
create unique index reservations_seq on reservations (merchant_id, seq) where seq is not null;
create index reservations_expiry on reservations (expires_at, merchant_id, no) where state = 'frozen';
create index reservations_oldest on reservations (merchant_id, created_at, no) where state = 'frozen';
create index reservations_open on reservations (merchant_id, paid_at, no) where state = 'paid';

create table reservation_lines (
    merchant_id bigint not null,
    no varchar(64) not null,
    sku_id bigint not null,
    shop_id bigint not null,
    qty bigint not null check (qty > 0),
    state text not null check (state in ('frozen', 'paid', 'absorbed', 'released')),
    hold_id bigint,
    primary key (merchant_id, no, sku_id, shop_id),
    foreign key (merchant_id, no) references reservations (merchant_id, no),
    foreign key (merchant_id, sku_id, shop_id) references stock (merchant_id, sku_id, shop_id)
);
comment on column reservation_lines.hold_id is 'The hold under which the units were taken.';
create index reservation_lines_row on reservation_lines (merchant_id, sku_id, shop_id) where state in ('frozen', 'paid');

create table holds (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    sku_id bigint not null,
    shop_id bigint not null,
    qty bigint not null check (qty >= 0),
    shadow bigint not null,
    until timestamptz,
    keeps boolean not null,
    reason text not null,
    by_user bigint references users (id),
    by_name text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    ended_why text check (ended_why in ('expired', 'released', 'replaced', 'pushed')),
    ended_by text,
    used bigint,
    primary key (merchant_id, id),
    foreign key (merchant_id, sku_id, shop_id) references stock (merchant_id, sku_id, shop_id),
    check ((ended_at is null) = (ended_why is null))
);
comment on column holds.shadow is 'What the automatic value was when the hold began.';
create unique index holds_one on holds (merchant_id, sku_id, shop_id) where ended_at is null;
create index holds_due on holds (until, merchant_id, id) where ended_at is null;
create index holds_recent on holds (merchant_id, started_at desc, id desc);

alter table stock_marks drop constraint stock_marks_mark_check,
    add constraint stock_marks_mark_check check (mark in ('low', 'out', 'short', 'drift', 'held'));

alter table stock_movements
    drop constraint stock_movements_kind_check,
    add constraint stock_movements_kind_check check (kind in ('erp_set', 'manual_set', 'reserve', 'confirm', 'release', 'expire', 'restock',
        'settle', 'lot_sum', 'undo', 'hold', 'hold_change', 'hold_end', 'rule')),
    add column d_frozen bigint not null default 0,
    add column d_open bigint not null default 0,
    add column d_sold bigint not null default 0,
    add column held bigint,
    add column reservation text;
comment on column stock_movements.before is 'The ERP''s number before; the sum of after - before over a row is its erp_qty, that of d_frozen its frozen, and so on.';
comment on column stock_movements.held is 'What a hold left to sell after this movement, while one was on.';

create table stock_checks (
    merchant_id bigint not null references merchants (id),
    at timestamptz not null,
    rows bigint not null,
    differences jsonb not null,
    primary key (merchant_id, at)
);
comment on table stock_checks is 'What the check of counters against ledger and reservations found (I-1, G14). Nothing is repaired by itself.';

-- What may be sold of a row. A hold whose time is over is taken off within seconds by the worker; whoever decides about a
-- sale compares hold_until with the clock as well.
create function stock_available(s stock) returns bigint language sql stable as $$
    select coalesce(s.hold_qty - s.hold_used,
        s.erp_qty - s.frozen - s.sold_open - s.safety - coalesce((select r.stale_extra from stock_rules r where r.merchant_id = s.merchant_id), 0))
$$;

alter table stock drop constraint stock_erp_qty_check;
comment on column stock.erp_qty is 'Never negative as reported; in mode triple it is derived and may be.';
