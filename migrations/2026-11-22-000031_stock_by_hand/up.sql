-- The few numbers a person has set are found without walking the others. A push leaves qty_by as it is, but for the first one
-- after a person.
create index stock_by_person on stock (merchant_id, sku_id, shop_id) where qty_by = 'person';
