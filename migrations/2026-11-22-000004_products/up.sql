-- A merchant's products and SKUs, how they were matched and audited, and whether they are listed.

create table external_ids (
    merchant_id bigint not null references merchants (id),
    ext_id varchar(20) not null,
    kind text not null check (kind in ('product', 'sku')),
    primary key (merchant_id, ext_id)
);
comment on table external_ids is 'One id space a merchant: a prodId can never equal a skuId (P-14, Q-07).';

create table products (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    prod_id varchar(20) not null,
    erp_code varchar(50) not null,
    name text not null,
    category_id varchar(20) not null,
    brand text not null default '',
    spec text not null default '',
    manufacturer text not null default '',
    approval_no text not null default '',
    barcode varchar(20) not null default '',
    unit varchar(20) not null default '',
    enabled boolean not null default true,
    details jsonb not null default '{}',
    base_product_id bigint references base_products (id),
    explicit_base text,
    match_kind text not null default 'none' check (match_kind in ('none', 'auto', 'explicit', 'person')),
    audit_status text not null default 'pending' check (audit_status in ('pending', 'approved', 'changes_requested', 'rejected')),
    listing text not null default 'pending' check (listing in ('pending', 'listed', 'unlisted')),
    unlisted_by text check (unlisted_by in ('person', 'erp', 'rule')),
    list_wish boolean not null default false,
    grams text[] not null default '{}',
    version integer not null default 1,
    source_time timestamptz,
    erp_created_at timestamptz,
    erp_updated_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (merchant_id, id),
    unique (merchant_id, prod_id),
    foreign key (merchant_id, category_id) references categories (merchant_id, id),
    check ((listing = 'unlisted') = (unlisted_by is not null)),
    check (listing <> 'listed' or audit_status = 'approved')
);
comment on column products.details is 'Texts that no query asks for: album, description, shippingPlace, originPlace, grossWeight, supplier, tradeName.';
comment on column products.list_wish is 'Q-24: somebody or the auto-list rule wants it listed; it fires when the audit permits.';
create index products_erp_code on products (merchant_id, erp_code);
create index products_updated on products (merchant_id, updated_at, id);
create index products_audit on products (merchant_id, audit_status, id);
create index products_listing on products (merchant_id, listing, id);
-- What other filters ask for stands in these two, so that several at once need not look at the rows.
create index products_category on products (merchant_id, category_id, id) include (listing, unlisted_by, audit_status, base_product_id);
create index products_brand on products (merchant_id, brand, id) include (category_id, listing, unlisted_by, audit_status, base_product_id) where brand <> '';
create index products_unlisted on products (merchant_id, unlisted_by, id) where listing = 'unlisted';
create index products_base on products (base_product_id, merchant_id, id);
create index products_grams on products using gin (grams);

create table listing_rechecks (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    about text not null check (about in ('rule', 'category', 'block', 'base')),
    key text not null,
    seen_merchant bigint not null default 0,
    seen_product bigint not null default 0,
    asked_at timestamptz not null,
    primary key (merchant_id, id)
);
comment on table listing_rechecks is 'Decisions that bear on the listing of many products, and how far they have been looked at again. Merchant 0: those of every merchant.';

create table product_keys (
    merchant_id bigint not null,
    product_id bigint not null,
    gtin text not null default '',
    approval_key text not null default '',
    name_key text not null,
    spec_key text not null,
    maker_key text not null,
    primary key (merchant_id, product_id),
    foreign key (merchant_id, product_id) references products (merchant_id, id) on delete cascade
);
create index product_keys_same on product_keys (name_key, spec_key, maker_key);

create table skus (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    sku_id varchar(20) not null,
    product_id bigint not null,
    code varchar(20) not null default '',
    barcode varchar(20) not null default '',
    picture varchar(100) not null default '',
    attributes jsonb not null default '[]',
    base_price numeric(12, 2) check (base_price >= 0),
    cost_price numeric(12, 2) check (cost_price >= 0),
    retail_price numeric(12, 2) check (retail_price >= 0),
    member_price numeric(12, 2) check (member_price >= 0),
    reference_price numeric(12, 2) check (reference_price >= 0),
    is_default boolean not null default false,
    enabled boolean not null default true,
    version integer not null default 1,
    source_time timestamptz,
    erp_created_at timestamptz,
    erp_updated_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (merchant_id, id),
    unique (merchant_id, sku_id),
    foreign key (merchant_id, product_id) references products (merchant_id, id)
);
comment on column skus.cost_price is 'R-07: never leaves the merchant''s own scope.';
create index skus_product on skus (merchant_id, product_id, id);
create index skus_updated on skus (merchant_id, updated_at, id);

create table audit_items (
    merchant_id bigint not null,
    product_id bigint not null,
    state text not null check (state in ('waiting', 'difficult', 'settled')),
    submitted_at timestamptz not null,
    ask text not null,
    score smallint,
    candidates jsonb not null,
    leased_by bigint references users (id),
    leased_until timestamptz,
    version integer not null default 1,
    primary key (merchant_id, product_id),
    foreign key (merchant_id, product_id) references products (merchant_id, id) on delete cascade
);
create index audit_items_queue on audit_items (state, submitted_at, merchant_id, product_id) where state <> 'settled';

create table audit_decisions (
    merchant_id bigint not null references merchants (id),
    id bigint generated always as identity,
    product_id bigint not null,
    at timestamptz not null,
    decision text not null check (decision in ('approved', 'new_base', 'returned', 'rejected', 'difficult', 'automatic', 'undone')),
    reviewer_id bigint references users (id),
    base_product_id bigint references base_products (id),
    reason text,
    note text,
    snapshot jsonb not null,
    undoes bigint,
    seconds integer,
    primary key (merchant_id, id)
);
comment on table audit_decisions is 'Immutable record of every review, with what the reviewer saw (P-16).';
create index audit_decisions_product on audit_decisions (merchant_id, product_id, id desc);
create index audit_decisions_reviewer on audit_decisions (reviewer_id, at desc);
create index audit_decisions_recent on audit_decisions (at desc, id desc) where reviewer_id is not null;
create index audit_decisions_automatic on audit_decisions (at desc) where reviewer_id is null;
create trigger audit_decisions_are_final before update or delete on audit_decisions for each row execute function refuse_change();

create table audit_skips (
    reviewer_id bigint not null references users (id),
    merchant_id bigint not null,
    product_id bigint not null,
    at timestamptz not null,
    primary key (reviewer_id, merchant_id, product_id),
    foreign key (merchant_id, product_id) references products (merchant_id, id) on delete cascade
);
