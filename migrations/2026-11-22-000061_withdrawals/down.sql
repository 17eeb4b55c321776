drop table order_withdrawals;
alter table order_packages add constraint order_packages_merchant_id_order_id_carrier_tracking_no_key unique (merchant_id, order_id, carrier, tracking_no);
alter table order_shipments drop column closed;
