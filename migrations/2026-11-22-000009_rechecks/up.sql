-- Listings looked at again after a decision elsewhere, and lists that stay quick with several filters.

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

-- What other filters ask for stands in these two, so that several at once need not look at the rows.
drop index products_category, products_brand;
create index products_category on products (merchant_id, category_id, id) include (listing, unlisted_by, audit_status, base_product_id);
create index products_brand on products (merchant_id, brand, id) include (category_id, listing, unlisted_by, audit_status, base_product_id) where brand <> '';
create index audit_decisions_automatic on audit_decisions (at desc) where reviewer_id is null;
