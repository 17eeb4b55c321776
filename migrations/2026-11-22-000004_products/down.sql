drop table audit_skips, audit_decisions, audit_items, skus, product_keys, listing_rechecks, products, external_ids;
