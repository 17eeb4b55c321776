-- What happened: trail, calls, batches of lines. Growing tables are partitioned by month.

create table trail (
    merchant_id bigint not null references merchants (id),
    at timestamptz not null,
    id bigint generated always as identity,
    actor_kind text not null check (actor_kind in ('person', 'erp', 'system')),
    actor_id bigint,
    actor_name text not null,
    verb text not null,
    subject_kind text not null,
    subject_id text not null,
    before jsonb,
    after jsonb,
    note text,
    request_id uuid,
    feed_id bigint,
    line_no integer,
    primary key (merchant_id, at, id)
) partition by range (at);
create index trail_subject on trail (merchant_id, subject_kind, subject_id, at desc);

create table calls (
    merchant_id bigint not null references merchants (id),
    at timestamptz not null,
    id uuid not null,
    app_id bigint,
    channel text not null,
    method text not null,
    module text not null,
    status integer not null,
    ms integer not null,
    ip text,
    feed_id bigint,
    total integer not null default 0,
    applied integer not null default 0,
    unchanged integer not null default 0,
    held integer not null default 0,
    stale integer not null default 0,
    parked integer not null default 0,
    rejected integer not null default 0,
    problem text,
    request text not null,
    response text not null,
    request_bytes integer not null,
    response_bytes integer not null,
    primary key (merchant_id, at, id)
) partition by range (at);
create index calls_failed on calls (merchant_id, at desc) where status >= 400 or rejected > 0;
create index calls_method on calls (merchant_id, method, at desc);

create table feeds (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    at timestamptz not null,
    channel text not null check (channel in ('api', 'page', 'sheet', 'replay', 'demo')),
    actor_kind text not null check (actor_kind in ('person', 'erp', 'system')),
    actor_id bigint,
    actor_name text not null,
    module text not null,
    method text not null,
    policy text not null check (policy in ('rows', 'all')),
    request_id uuid,
    total integer not null,
    applied integer not null,
    unchanged integer not null,
    held integer not null,
    stale integer not null,
    parked integer not null,
    rejected integer not null,
    warned integer not null,
    primary key (merchant_id, id)
);
create index feeds_recent on feeds (merchant_id, module, at desc);

create table feed_lines (
    merchant_id bigint not null references merchants (id),
    at timestamptz not null,
    feed_id bigint not null,
    line_no integer not null,
    key text not null,
    outcome text not null check (outcome in ('applied', 'unchanged', 'held', 'stale', 'parked', 'rejected')),
    problems jsonb not null,
    line jsonb not null,
    primary key (merchant_id, at, feed_id, line_no)
) partition by range (at);
comment on table feed_lines is 'Only the lines that were not plainly applied, with what was sent and why.';

create table parked_lines (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    at timestamptz not null,
    feed_id bigint not null,
    line_no integer not null,
    method text not null,
    key text not null,
    waits_for text not null,
    code text not null,
    line jsonb not null,
    source_time timestamptz,
    settled_at timestamptz,
    outcome text,
    primary key (merchant_id, id)
);
comment on table parked_lines is 'Lines that name something not known yet; replayed by themselves when it arrives (Q-12).';
create index parked_waiting on parked_lines (merchant_id, waits_for, code) where settled_at is null;
create index parked_key on parked_lines (merchant_id, method, key) where settled_at is null;

-- Creates the partitions of the growing tables from this month to `months` ahead; safe to call at any time from several instances.
create function ensure_month_partitions(moment timestamptz, months integer) returns void language plpgsql as $$
declare
    parent text;
    month timestamp;
    child text;
begin
    perform pg_advisory_xact_lock(7203);
    foreach parent in array array['trail', 'calls', 'feed_lines', 'stock_movements'] loop
        continue when to_regclass(parent) is null;
        for step in -1..months loop
            month := date_trunc('month', moment at time zone 'UTC') + make_interval(months => step);
            child := parent || '_' || to_char(month, 'YYYYMM');
            if to_regclass(child) is null then
                execute format('create table %I partition of %I for values from (%L) to (%L)', child, parent,
                    month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC');
            end if;
        end loop;
    end loop;
end $$;

-- Drops whole months of call log and feed lines that are older than the retention; trail and stock movements are kept.
create function drop_old_partitions(moment timestamptz, keep_months integer) returns integer language plpgsql as $$
declare
    part record;
    dropped integer := 0;
    oldest text := to_char(date_trunc('month', moment at time zone 'UTC') - make_interval(months => keep_months), 'YYYYMM');
begin
    for part in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
        where p.relname in ('calls', 'feed_lines') and right(c.relname, 6) < oldest
    loop
        execute format('drop table %I', part.relname);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger trail_is_final before update or delete on trail for each row execute function refuse_change();
