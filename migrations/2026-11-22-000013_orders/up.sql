-- Orders from the buyer's click to the receipt, and their way into the ERP's books (O-01…O-11, L-06, L-07).

alter table apps add column ack_mode text not null default 'explicit' check (ack_mode in ('explicit', 'pull_through', 'auto'));
comment on column apps.ack_mode is 'Q-16: when an order handed to this credential counts as taken over: when told so, when the next page is asked for, or at once.';

-- An order that may not be handed to the ERP has no number, so no cursor of the ERP's can cover its units.
alter table reservations drop constraint reservations_check1, add constraint reservations_numbered check (seq is null or paid_at is not null);

create table order_rules (
    merchant_id bigint primary key references merchants (id),
    sync_from text not null default 'paid' check (sync_from in ('paid', 'created')),
    lease_minutes integer not null default 10 check (lease_minutes between 1 and 1440),
    alert_minutes integer not null default 30 check (alert_minutes between 1 and 10080),
    restock boolean not null default false
);
comment on table order_rules is 'A merchant without a row has the defaults.';
comment on column order_rules.sync_from is 'Q-17: orders are handed to the ERP when paid, or already when placed.';
comment on column order_rules.restock is 'Q-36: units of a refunded order that the ERP''s number contains come back at once instead of with its next push.';

create table orders (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    order_no varchar(64) not null,
    channel text not null check (channel in ('b2b', 'micro_shop')),
    shop_id bigint not null,
    customer_id bigint not null,
    state text not null check (state in ('unpaid', 'to_ship', 'partly_shipped', 'shipped', 'completed', 'cancelled', 'refunded')),
    placed_at timestamptz not null,
    paid_at timestamptz,
    sent_at timestamptz,
    received_at timestamptz,
    cancelled_at timestamptz,
    refunded_at timestamptz,
    cancel_reason text,
    goods_amount numeric(12, 2) not null check (goods_amount >= 0),
    freight_amount numeric(12, 2) not null check (freight_amount >= 0),
    discount_amount numeric(12, 2) not null check (discount_amount >= 0),
    card_amount numeric(12, 2) not null check (card_amount >= 0),
    payable_amount numeric(12, 2) not null check (payable_amount >= 0),
    refunded_amount numeric(12, 2) not null default 0 check (refunded_amount >= 0),
    line_count integer not null,
    delivery jsonb not null,
    invoice jsonb,
    cards jsonb,
    region_code text references regions (code),
    remark text not null default '',
    seq bigint,
    sync text not null check (sync in ('none', 'unsynced', 'delivered', 'synced', 'blocked')),
    waits text check (waits in ('customer_unmapped', 'uscc_invalid', 'erp_refused', 'by_hand')),
    waits_note text,
    lease uuid,
    leased_by bigint,
    leased_until timestamptz,
    handed integer not null default 0,
    synced_at timestamptz,
    erp_order_no varchar(64),
    erp_status varchar(60),
    erp_status_at timestamptz,
    version integer not null default 1,
    updated_at timestamptz not null,
    primary key (merchant_id, id),
    unique (merchant_id, order_no),
    foreign key (merchant_id, shop_id) references shops (merchant_id, id),
    foreign key (merchant_id, customer_id) references customers (merchant_id, id),
    check (payable_amount = goods_amount + freight_amount - discount_amount - card_amount),
    check ((sync = 'blocked') = (waits is not null)),
    check ((sync in ('none', 'blocked')) = (seq is null)),
    check ((sync = 'synced') <= (synced_at is not null)),
    check ((sync = 'delivered') = (lease is not null))
) with (fillfactor = 85);
comment on column orders.state is 'A function of the facts beside it and of the lines (Q-21); it never goes back.';
comment on column orders.sent_at is 'Somebody says that all of it has left: logistics, an ERP status, a person.';
comment on column orders.seq is 'Number in the merchant''s feed, taken under the merchant''s row lock; none while the order may not be handed over, a new one when it may again (G10).';
comment on column orders.delivery is 'consignee, phone, address, kind (express or pickup) as the buyer gave them.';
comment on column orders.handed is 'How many times it was handed to an ERP.';
create index orders_placed on orders (merchant_id, placed_at desc, id desc);
create index orders_state on orders (merchant_id, state, placed_at desc, id desc);
create index orders_updated on orders (merchant_id, updated_at, id);
create index orders_customer on orders (merchant_id, customer_id, id desc);
create unique index orders_feed on orders (merchant_id, seq) where seq is not null;
create index orders_queue on orders (merchant_id, seq) where sync in ('unsynced', 'delivered');
create index orders_blocked on orders (merchant_id, waits, id) where sync = 'blocked';
create index orders_lease on orders (merchant_id, lease) where lease is not null;
create index orders_unpaid on orders (merchant_id, order_no) where state = 'unpaid';
create index orders_paid on orders (merchant_id, paid_at desc) include (payable_amount, synced_at) where paid_at is not null;

create table order_lines (
    merchant_id bigint not null,
    order_id bigint not null,
    no integer not null check (no > 0),
    sku_id bigint not null,
    qty bigint not null check (qty > 0),
    unit_price numeric(12, 2) not null check (unit_price >= 0),
    amount numeric(12, 2) not null,
    rule text not null,
    lots jsonb not null default '[]',
    shipped bigint not null default 0 check (shipped >= 0),
    closed bigint not null default 0 check (closed >= 0),
    primary key (merchant_id, order_id, no),
    foreign key (merchant_id, order_id) references orders (merchant_id, id),
    foreign key (merchant_id, sku_id) references skus (merchant_id, id),
    check (amount = qty * unit_price),
    check (shipped + closed <= qty)
);
comment on column order_lines.rule is 'Which price it was: the rule that won when the order was placed.';
comment on column order_lines.lots is 'Lots as the buyer saw them (O-05): array of {lotNo, producedOn, expiresOn, quantity}.';
comment on column order_lines.closed is 'Units that will not come: closed short (Q-39).';
create index order_lines_sku on order_lines (merchant_id, sku_id, order_id);

create table order_events (
    merchant_id bigint not null,
    order_id bigint not null,
    id bigint generated always as identity,
    at timestamptz not null,
    kind text not null,
    origin text not null check (origin in ('storefront', 'erp', 'person', 'system')),
    source_id varchar(64),
    visible boolean not null default false,
    sentence text not null default '',
    data jsonb not null default '{}',
    actor_name text not null,
    request_id uuid,
    primary key (merchant_id, order_id, id),
    foreign key (merchant_id, order_id) references orders (merchant_id, id)
);
comment on table order_events is 'What happened to an order, by whom (Q-32); the trace the buyer sees is its visible part.';
comment on column order_events.source_id is 'The event''s id at its origin: the same event once more is no news.';
comment on column order_events.sentence is 'What the buyer reads.';
create unique index order_events_once on order_events (merchant_id, order_id, origin, source_id) where source_id is not null;
create trigger order_events_are_final before update or delete on order_events for each row execute function refuse_change();

create table erp_statuses (
    merchant_id bigint not null references merchants (id),
    code varchar(60) not null,
    sentence text not null,
    means text not null check (means in ('nothing', 'sent', 'received', 'cancelled', 'refunded')),
    visible boolean not null default true,
    primary key (merchant_id, code)
);
comment on table erp_statuses is 'What a merchant''s ERP calls its steps, what buyers read, and what follows from it (L-06, L-07); codes that are not here have the platform''s meaning.';
