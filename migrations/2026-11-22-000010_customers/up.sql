-- Buyers as each merchant knows them, and what the merchant's ERP calls them (U-01…U-06).

create table customers (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    customer_id varchar(64) not null,
    name text not null,
    kind text not null default 'other' check (kind in ('pharmacy', 'third_terminal', 'chain_direct', 'chain_franchise', 'chain_head',
        'distributor', 'private_hospital', 'shop', 'person', 'other')),
    uscc text not null default '',
    uscc_ok boolean not null default false,
    region_code text references regions (code),
    contact text not null default '',
    phone text not null default '',
    address text not null default '',
    licences jsonb not null default '[]',
    name_key text not null,
    grams text[] not null default '{}',
    match_kind text not null default 'none' check (match_kind in ('none', 'auto', 'person', 'conflict', 'not_needed')),
    hands_off boolean not null default false,
    erp_code varchar(50),
    matched_at timestamptz,
    matched_by text,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (merchant_id, id),
    unique (merchant_id, customer_id),
    check ((erp_code is not null) = (match_kind in ('auto', 'person')))
);
comment on column customers.customer_id is 'The platform''s own id of the buyer.';
comment on column customers.uscc is 'The unified social credit code as written on the licence, folded; its check digit may be wrong.';
comment on column customers.uscc_ok is 'Its check digit is right, so it may match by itself (U-05).';
comment on column customers.match_kind is 'conflict: the ERP knows the code under more than one of its own.';
comment on column customers.hands_off is 'A person took an automatic match away: no other comes by itself until the code changes.';
comment on column customers.licences is 'Array of {kind, no, validUntil}: business, drug and practice licences.';
create index customers_uscc on customers (merchant_id, uscc) where uscc <> '';
create index customers_matched on customers (merchant_id, match_kind, id);
create index customers_erp_code on customers (merchant_id, erp_code) where erp_code is not null;
create index customers_updated on customers (merchant_id, updated_at, id);
create index customers_grams on customers using gin (grams);

create table erp_customers (
    merchant_id bigint not null references merchants (id),
    code varchar(50) not null,
    name text not null,
    uscc text not null default '',
    uscc_ok boolean not null default false,
    region_code text references regions (code),
    contact text not null default '',
    phone text not null default '',
    address text not null default '',
    enabled boolean not null default true,
    name_key text not null,
    grams text[] not null default '{}',
    source_time timestamptz,
    version integer not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (merchant_id, code)
);
comment on table erp_customers is 'Scheme two: customers the ERP pushed beforehand (U-04).';
create index erp_customers_uscc on erp_customers (merchant_id, uscc) where uscc <> '';
create index erp_customers_grams on erp_customers using gin (grams);

create table customer_rules (
    merchant_id bigint primary key references merchants (id),
    scheme text not null check (scheme in ('none', 'on_order', 'presync'))
);
comment on table customer_rules is 'How orders find the ERP''s customer (Q-29); a merchant without a row needs none.';
