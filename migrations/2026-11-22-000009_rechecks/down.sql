drop index audit_decisions_automatic, products_brand, products_category;
create index products_category on products (merchant_id, category_id, id);
create index products_brand on products (merchant_id, brand, id) where brand <> '';
drop table listing_rechecks;
