drop index order_shipped_lot_no, orders_erp_no, orders_amount, orders_shop, orders_sync;
