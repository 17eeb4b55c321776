create index base_products_approval on base_products (approval_key) where approval_key <> '';
create index base_products_name on base_products (name_key);
drop index base_products_approval_spec, base_products_name_spec, base_products_maker_spec;
