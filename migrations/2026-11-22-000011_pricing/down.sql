alter table skus drop column quoted_at;
drop table price_rules, prices, customer_group_members, customer_groups, region_group_members, region_groups;
