-- A merchant's own ERP: where it is asked and told (S-04, O-06, O-07, Q-13, Q-30).
set local lock_timeout = '3s';

create table erp_hosts (
    merchant_id bigint not null references merchants (id),
    host text not null check (host = lower(host) and length(host) between 1 and 253),
    inside boolean not null default false,
    primary key (merchant_id, host)
);
comment on table erp_hosts is 'The hosts a merchant''s ERP may be called at; kept by the platform.';
comment on column erp_hosts.inside is 'The host may stand in the platform''s own network, and be called without TLS.';

create table erp_links (
    merchant_id bigint primary key references merchants (id),
    url text not null,
    host text not null,
    app_key text not null,
    secret bytea not null,
    checks boolean not null default false,
    when_silent text not null default 'open' check (when_silent in ('open', 'closed')),
    buffer bigint not null default 0 check (buffer between 0 and 1000000),
    pushes boolean not null default false,
    mirrors boolean not null default false,
    answered_at timestamptz,
    failing_since timestamptz,
    problem text
);
comment on table erp_links is 'How a merchant''s ERP is called, and for what.';
comment on column erp_links.secret is 'Sealed under the master key.';
comment on column erp_links.checks is 'Its stock is asked for when a buyer orders.';
comment on column erp_links.when_silent is 'When it does not answer in time: open, the local number less the buffer decides; closed, nothing is sold.';
comment on column erp_links.pushes is 'Orders and their changes are pushed to it.';
comment on column erp_links.mirrors is 'Freezes, deductions and rollbacks are mirrored to it.';
comment on column erp_links.problem is 'Why the last call failed; null when it did not.';

create table outbox (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    key text not null,
    method text not null,
    body jsonb not null,
    made_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'refused')),
    attempts integer not null default 0,
    next_at timestamptz not null,
    problem text,
    primary key (merchant_id, id)
);
create index outbox_due on outbox (next_at) where state = 'waiting';
create index outbox_in_line on outbox (merchant_id, key, id);
comment on table outbox is 'What a merchant''s ERP is still to be told, written in the transaction that makes it so; what it has taken is gone from here.';
comment on column outbox.key is 'What must arrive in its order: the rows of one reservation.';
comment on column outbox.next_at is 'When it may be tried next; ahead while somebody is trying.';

alter table calls add column outward boolean not null default false;
comment on column calls.outward is 'We called the ERP.';
