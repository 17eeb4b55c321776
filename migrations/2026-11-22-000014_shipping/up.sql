-- What leaves the house: packages, the lots in them, and what of an order will not come (L-01…L-05, Q-20, Q-39).

insert into carriers (code, name, aliases, website, phone, active) values
    ('SF', '顺丰速运', '顺丰|顺丰快递|顺丰快递公司', 'http://www.sf-express.com', '400-811-1111', true),
    ('ZTO', '中通快递', '中通|中通速递', 'http://www.zto.cn', '021-39777777', true),
    ('YTO', '圆通速递', '圆通|圆通快递', 'http://www.yto.net.cn', '021-69777888', true),
    ('YD', '韵达速递', '韵达|韵达快递', 'http://www.yundaex.com', '400-821-6789', true),
    ('STO', '申通快递', '申通|申通快递公司', 'http://www.sto.cn', '400-889-5543', true),
    ('JD', '京东快递', '京东|京东物流', 'http://jd-ex.com/', '400-603-3600', true),
    ('EMS', 'EMS', 'EMS快递|邮政特快', 'http://www.ems.com.cn', '11183', true),
    ('YZPY', '邮政快递包裹', '邮政包裹/平邮|中国邮政', 'http://www.ems.com.cn', '11183', true),
    ('YZBK', '邮政标准快递', '邮政国内标快', '', '', true),
    ('HTKY', '百世快递', '百世|汇通|汇通快递|百世汇通', 'http://www.800bestex.com/', '95320', false),
    ('BTWL', '百世快运', '百世物流', '', '', true),
    ('JTSD', '极兔速递', '极兔|J&T', '', '', true),
    ('DBL', '德邦快递', '德邦', 'http://www.deppon.com', '400-830-5555', true),
    ('DBLKY', '德邦物流', '德邦快运', 'http://www.deppon.com', '400-830-5555', true),
    ('ZJS', '宅急送', '宅急送快递', 'http://www.zjs.com.cn', '400-6789-000', true),
    ('UC', '优速快递', '优速', 'http://www.uc56.com', '400-1111-119', false),
    ('HHTT', '天天快递', '天天', 'http://www.ttkdex.com', '400-820-8198', false),
    ('FAST', '快捷快递', '快捷', '', '', false),
    ('QFKD', '全峰快递', '全峰', '', '', false),
    ('GTO', '国通快递', '国通', '', '', false),
    ('SURE', '速尔快递', '速尔', 'http://www.sure56.com', '', false),
    ('JJKY', '佳吉快运', '佳吉', 'http://www.jiaji.com', '', true),
    ('XFEX', '信丰物流', '信丰', 'http://www.xf-express.com.cn', '', true),
    ('RFD', '如风达', '凡客如风达', 'http://www.rufengda.com', '', false),
    ('AXD', '安信达', '安信达快递', 'http://www.anxinda.com', '', false),
    ('ZYWL', '中邮物流', '', 'http://www.cnpl.com.cn', '', true),
    ('ANE', '安能物流', '安能快运|安能', '', '', true),
    ('DNWL', '丹鸟', '丹鸟物流|菜鸟直送', '', '', true),
    ('NEDA', '能达速递', '能达|港中能达', '', '', false),
    ('ZENY', '增益速递', '增益', '', '', false),
    ('ZTWL', '中铁物流', '中铁飞豹', '', '', true),
    ('ZTKY', '中铁快运', 'ZTKY', '', '', true),
    ('ZTOKY', '中通快运', '', '', '', true),
    ('ZTOGJ', '中通国际', '', '', '', true),
    ('YTOKY', '圆通快运', '', '', '', true),
    ('YDKY', '韵达快运', '', '', '', true),
    ('SFKY', '顺丰快运', '', '', '', true),
    ('SFLY', '顺丰冷链', '顺丰冷运', '', '', true),
    ('FEDEX', 'FEDEX联邦(国内件)', 'FedEx|联邦快递', '', '', true),
    ('FEDEX_GJ', 'FEDEX联邦(国际件)', 'FedEx-国际|FedEx-美国', '', '', true),
    ('UPS', 'UPS', '', '', '', true),
    ('TNT', 'TNT快递', 'TNT', '', '', true),
    ('DHL', 'DHL', 'DHL全球件', '', '', true),
    ('EMSGJ', 'EMS国际件', 'EMS-国际件', '', '', true),
    ('YZGJ', '邮政国际包裹', '国际包裹', '', '', true),
    ('SELF', '自提/商家配送', '自提|商家自送|门店自提', '', '', true)
on conflict do nothing;

create table order_shipments (
    merchant_id bigint not null,
    order_id bigint not null,
    no integer not null check (no > 0),
    source_id varchar(64),
    at timestamptz not null,
    final boolean not null,
    note text not null default '',
    origin text not null check (origin in ('storefront', 'erp', 'person', 'system')),
    actor_name text not null,
    told_at timestamptz not null,
    request_id uuid,
    primary key (merchant_id, order_id, no),
    foreign key (merchant_id, order_id) references orders (merchant_id, id)
);
comment on table order_shipments is 'Goods that left together, as told once; never changed, only followed by more (Q-21).';
comment on column order_shipments.source_id is 'Its number where it comes from: the same once more is no news.';
comment on column order_shipments.final is 'Nothing follows: what had not left by then is closed short (Q-39).';
create unique index order_shipments_once on order_shipments (merchant_id, order_id, origin, source_id) where source_id is not null;
create index order_shipments_recent on order_shipments (merchant_id, told_at desc, order_id, no);
create trigger order_shipments_are_final before update or delete on order_shipments for each row execute function refuse_change();

create table order_packages (
    merchant_id bigint not null,
    order_id bigint not null,
    no integer not null check (no > 0),
    carrier text not null references carriers (code),
    tracking_no varchar(64) not null default '',
    shipment_no integer,
    at timestamptz not null,
    origin text not null check (origin in ('storefront', 'erp', 'person', 'system')),
    actor_name text not null,
    told_at timestamptz not null,
    request_id uuid,
    primary key (merchant_id, order_id, no),
    unique (merchant_id, order_id, carrier, tracking_no),
    foreign key (merchant_id, order_id) references orders (merchant_id, id)
);
comment on column order_packages.tracking_no is 'Empty only where no carrier carries it: delivered by the merchant or picked up (Q-20).';
create index order_packages_tracking on order_packages (merchant_id, tracking_no) where tracking_no <> '';
create index order_packages_recent on order_packages (merchant_id, told_at desc, order_id, no);
create trigger order_packages_are_final before update or delete on order_packages for each row execute function refuse_change();

create table order_shipped (
    merchant_id bigint not null,
    order_id bigint not null,
    shipment_no integer not null,
    line_no integer not null,
    part integer not null check (part > 0),
    sku_id bigint not null,
    qty bigint not null check (qty > 0),
    lot_no varchar(40) not null default '',
    produced_on date,
    expires_on date,
    produced_month boolean not null default false,
    expires_month boolean not null default false,
    package_no integer,
    promise text not null check (promise in ('none', 'kept', 'longer', 'shorter', 'unknown')),
    days integer,
    primary key (merchant_id, order_id, shipment_no, line_no, part),
    foreign key (merchant_id, order_id, shipment_no) references order_shipments (merchant_id, order_id, no),
    foreign key (merchant_id, order_id, line_no) references order_lines (merchant_id, order_id, no)
);
comment on table order_shipped is 'Which lots of a line went out, and in which package (L-03, L-05).';
comment on column order_shipped.promise is 'Against the lots the buyer saw when ordering: one of them, another that keeps longer, or one that keeps shorter by so many days.';
create index order_shipped_lot on order_shipped (merchant_id, sku_id, lot_no, order_id);
create trigger order_shipped_is_final before update or delete on order_shipped for each row execute function refuse_change();
