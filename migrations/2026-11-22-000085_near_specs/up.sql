-- Candidates are read from where the submitted specification stands among those that share a number, a name, or name and
-- maker: a few to each side, whatever their number. The indexes of the keys alone are the beginnings of these.
create index base_products_approval_spec on base_products (approval_key, spec_key, id) where approval_key <> '';
create index base_products_name_spec on base_products (name_key, spec_key, id);
create index base_products_maker_spec on base_products (name_key, maker_key, spec_key, id);
drop index base_products_approval;
drop index base_products_name;
