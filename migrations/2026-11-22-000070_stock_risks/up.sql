-- What sells faster than it lasts, reckoned beside the road: the overview reads a few rows whatever a merchant sells.

create table risk_reckonings (
    merchant_id bigint primary key references merchants (id),
    at timestamptz not null
);
comment on table risk_reckonings is 'When a merchant''s stock_risks were last reckoned.';

create table stock_risks (
    merchant_id bigint not null,
    sku_id bigint not null,
    shop_id bigint not null,
    a_day numeric(16, 4) not null check (a_day > 0),
    primary key (merchant_id, sku_id, shop_id),
    foreign key (merchant_id, sku_id, shop_id) references stock (merchant_id, sku_id, shop_id)
);
comment on table stock_risks is 'The few rows of stock that may soon run out, with the units sold a day over the last fourteen; what they hold is looked at when it is shown.';
