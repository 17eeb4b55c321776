drop table audit_skips, audit_decisions, audit_items, skus, product_keys, products, external_ids;
