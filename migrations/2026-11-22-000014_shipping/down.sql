drop table order_shipped;
drop table order_packages;
drop table order_shipments;
