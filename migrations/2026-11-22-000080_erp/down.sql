alter table calls drop column outward;
drop table outbox, erp_links, erp_hosts;
