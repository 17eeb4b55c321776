-- What the filters of the order list ask for, each a range of its own index in the order of the list. An order is written a
-- handful of times in its life, and none of these columns but sync changes after it is placed.

create index orders_sync on orders (merchant_id, sync, placed_at desc, id desc);
create index orders_shop on orders (merchant_id, shop_id, placed_at desc, id desc);
create index orders_amount on orders (merchant_id, payable_amount);
create index orders_erp_no on orders (merchant_id, erp_order_no) where erp_order_no is not null;
-- A lot is asked for without its SKU.
create index order_shipped_lot_no on order_shipped (merchant_id, lot_no, order_id) where lot_no <> '';
