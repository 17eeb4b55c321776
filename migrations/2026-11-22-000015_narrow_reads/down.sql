alter table stock_marks add foreign key (merchant_id, sku_id, shop_id) references stock (merchant_id, sku_id, shop_id) on delete cascade;
comment on table stock_marks is 'The few rows each tab of the stock and lot pages asks for, kept beside the hot table so that it needs no index on its figures.';

alter table skus add unique (merchant_id, sku_id);
alter table skus drop constraint skus_by_ext;
