-- What every push and order pays for: a SKU found by its id without a visit to its row, and marks without a check per row.

alter table skus add constraint skus_by_ext unique (merchant_id, sku_id) include (id);
alter table skus drop constraint skus_merchant_id_sku_id_key;

alter table stock_marks drop constraint stock_marks_merchant_id_sku_id_shop_id_fkey;
comment on table stock_marks is 'The few rows each tab of the stock and lot pages asks for, kept beside the hot table so that it needs no index on its figures. No foreign keys: its rows come from locked rows of stock, which are never removed.';
