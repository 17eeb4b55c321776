drop index skus_unpriced, skus_below_cost;
drop function kept_without, kept_over, price_entry;
alter table skus drop column quoted_at, drop column quote_version;
drop table price_rules, prices, customer_group_members, customer_groups, region_group_members, region_groups;
