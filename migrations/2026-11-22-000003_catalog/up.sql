-- Categories (three levels, a tree per merchant and one of the platform) and base products.

create table categories (
    merchant_id bigint not null references merchants (id),
    id varchar(20) not null,
    name text not null,
    level smallint not null check (level between 1 and 3),
    parent_id varchar(20) not null,
    path text not null,
    enabled boolean not null default true,
    allowed boolean not null default true,
    erp_created_at timestamptz,
    erp_updated_at timestamptz,
    source_time timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (merchant_id, id),
    check ((level = 1) = (parent_id = '0'))
);
comment on column categories.allowed is 'False: goods of this branch must not be sold here (P-16).';
create index categories_children on categories (merchant_id, parent_id, id);

create table base_products (
    id bigint generated always as identity primary key,
    code text not null unique,
    name text not null,
    trade_name text not null default '',
    spec text not null default '',
    dosage_form text not null default '',
    unit text not null default '',
    manufacturer text not null default '',
    brand text not null default '',
    approval_no text not null default '',
    category_merchant bigint not null default 0 check (category_merchant = 0),
    category_id varchar(20),
    origin text not null default '',
    name_key text not null,
    spec_key text not null,
    maker_key text not null,
    approval_key text not null default '',
    grams text[] not null default '{}',
    status text not null default 'active' check (status in ('active', 'disabled', 'merged')),
    merged_into bigint references base_products (id),
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (category_merchant, category_id) references categories (merchant_id, id),
    check ((status = 'merged') = (merged_into is not null))
);
create index base_products_approval on base_products (approval_key) where approval_key <> '';
create index base_products_name on base_products (name_key);
create index base_products_category on base_products (category_id, id);
create index base_products_grams on base_products using gin (grams);

create table base_barcodes (
    gtin text not null,
    base_id bigint not null references base_products (id) on delete cascade,
    barcode text not null,
    carton boolean not null default false,
    primary key (gtin, base_id)
);
comment on column base_barcodes.carton is 'The number of a carton of it: names the product, but not the unit that is sold.';
create index base_barcodes_base on base_barcodes (base_id);

create table aliases (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('maker', 'spec')),
    from_key text not null,
    to_key text not null,
    from_text text not null,
    to_text text not null,
    created_by bigint not null references users (id),
    created_at timestamptz not null default now(),
    revoked_by bigint references users (id),
    revoked_at timestamptz,
    check (from_key <> to_key)
);
create unique index aliases_live on aliases (kind, from_key, to_key) where revoked_at is null;

create table block_list (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('approval_no', 'barcode', 'name')),
    key text not null,
    text text not null,
    reason text not null,
    created_by bigint not null references users (id),
    created_at timestamptz not null default now(),
    lifted_by bigint references users (id),
    lifted_at timestamptz
);
create unique index block_list_live on block_list (kind, key) where lifted_at is null;

create table regions (
    code text primary key,
    name text not null,
    level smallint not null check (level between 1 and 3),
    parent_code text not null,
    area text not null
);
create table carriers (
    code text primary key,
    name text not null,
    aliases text not null,
    website text not null,
    phone text not null,
    active boolean not null
);
