-- What keeps an ERP's slip from becoming everybody's loss: quarantine, code mapping, freshness, outages, reconciliation.

create table guard_rules (
    merchant_id bigint primary key references merchants (id),
    zero_on boolean not null default true,
    zero_rows integer not null default 30 check (zero_rows between 1 and 100000),
    zero_share smallint not null default 20 check (zero_share between 0 and 100),
    swing_on boolean not null default true,
    swing_rows integer not null default 10 check (swing_rows between 1 and 100000),
    swing_percent smallint not null default 50 check (swing_percent between 1 and 1000),
    floor_on boolean not null default true,
    updated_at timestamptz not null
);
comment on table guard_rules is 'When changes by machines wait for a person. No row: the defaults.';

create table guard_ticks (
    merchant_id bigint not null references merchants (id),
    guard text not null check (guard in ('zero', 'swing')),
    at timestamptz not null,
    id bigint generated always as identity,
    lines integer not null check (lines > 0),
    caught boolean not null,
    primary key (merchant_id, guard, at, id)
);
comment on table guard_ticks is 'How many dangerous lines each call held, for the sliding window. Only inserted, so that no call waits for another; kept an hour.';
create index guard_ticks_age on guard_ticks (at);

create table quarantines (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    guard text not null check (guard in ('zero', 'swing', 'floor')),
    at timestamptz not null,
    actor_name text not null,
    request_id uuid,
    feed_id bigint,
    lines bigint not null,
    earlier bigint not null,
    in_stock bigint,
    rule jsonb not null,
    primary key (merchant_id, id)
);
comment on table quarantines is 'What tripped, by which call, at which line. The lines themselves are parked_lines that wait for quarantine <id>.';
comment on column quarantines.earlier is 'Dangerous lines of the window before this call; they had been applied.';
comment on column quarantines.in_stock is 'Rows in stock that the share was measured against, counted as far as the rule needed.';

alter table parked_lines add column now jsonb;
comment on column parked_lines.now is 'The values in force when the line was parked: what approving it would change.';
create index parked_quarantine on parked_lines (merchant_id, code, id) where waits_for = 'quarantine';
create index parked_recent on parked_lines (merchant_id, id desc) where settled_at is null;

create table code_maps (
    merchant_id bigint not null references merchants (id),
    kind text not null check (kind in ('category', 'carrier', 'region_group', 'customer_group', 'status')),
    theirs text not null check (length(theirs) between 1 and 60),
    ours text not null check (length(ours) between 1 and 60),
    by_name text not null,
    at timestamptz not null,
    primary key (merchant_id, kind, theirs)
);
comment on table code_maps is 'What an ERP calls by another name: its code and ours.';

create table dismissals (
    merchant_id bigint not null references merchants (id),
    method text not null,
    problem text not null,
    code text not null,
    at timestamptz not null,
    by_name text not null,
    reason text not null,
    primary key (merchant_id, method, problem, code)
);
comment on table dismissals is 'Causes of rejected lines a person has put aside; what comes later shows again.';

create table freshness (
    merchant_id bigint not null references merchants (id),
    module text not null,
    watched boolean not null default true,
    every_minutes integer not null check (every_minutes between 1 and 20160),
    extra_safety bigint not null default 0 check (extra_safety between 0 and 1000000),
    overdue_since timestamptz,
    updated_at timestamptz not null,
    primary key (merchant_id, module)
);
comment on table freshness is 'How often each module should hear from the ERP, and since when it has not.';
comment on column freshness.extra_safety is 'Stock only: pieces kept back from every row while the ERP is silent.';

create table outages (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    since timestamptz not null,
    by_name text not null,
    reason text not null,
    ended_at timestamptz,
    ended_by text,
    primary key (merchant_id, id)
);
comment on table outages is 'Times in which somebody said that the ERP is down.';
create unique index outages_open on outages (merchant_id) where ended_at is null;

create table reconciliations (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    name text not null check (length(name) between 1 and 60),
    at timestamptz not null,
    heard_at timestamptz not null,
    by_name text not null,
    shops bigint[],
    closed_at timestamptz,
    equal bigint not null default 0,
    different bigint not null default 0,
    missing_here bigint not null default 0,
    missing_there bigint not null default 0,
    primary key (merchant_id, id)
);
comment on table reconciliations is 'Comparisons of an ERP''s whole picture of stock with ours; nothing is changed by comparing.';
create unique index reconciliations_name on reconciliations (merchant_id, name);

create table reconciliation_rows (
    merchant_id bigint not null,
    reconciliation_id bigint not null,
    sku_id text not null,
    shop_id bigint not null,
    state text not null check (state in ('equal', 'different', 'missing_here', 'missing_there')),
    theirs bigint,
    ours bigint,
    taken text check (taken in ('theirs', 'ours', 'stale')),
    taken_by text,
    taken_at timestamptz,
    primary key (merchant_id, reconciliation_id, sku_id, shop_id),
    foreign key (merchant_id, reconciliation_id) references reconciliations (merchant_id, id) on delete cascade
);
comment on table reconciliation_rows is 'While open every row heard of; once closed only those that differ. sku_id is the merchant''s own id.';
create index reconciliation_rows_open on reconciliation_rows (merchant_id, reconciliation_id, state, sku_id, shop_id);
