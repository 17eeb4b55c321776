delete from prices where customer_id = 0 and customer_group_id = 0 and region_group_id = 0 and shop_id = 0;
alter table prices drop constraint prices_of_somebody;
alter table prices add constraint prices_of_somebody check (customer_id > 0 or customer_group_id > 0 or region_group_id > 0 or shop_id > 0);
drop table gone_groups;
drop table gone_prices;
