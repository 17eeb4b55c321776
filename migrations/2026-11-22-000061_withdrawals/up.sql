-- What was told of a shipment by mistake is answered by a row of its own and never erased (Q-21).
set local lock_timeout = '3s';

alter table order_shipments add column closed jsonb;
comment on column order_shipments.closed is 'Line → units it closed short (Q-39). Null: told before this was noted.';

-- A package that was withdrawn may be told again.
alter table order_packages drop constraint order_packages_merchant_id_order_id_carrier_tracking_no_key;

create table order_withdrawals (
    merchant_id bigint not null,
    order_id bigint not null,
    kind text not null check (kind in ('shipment', 'package')),
    no integer not null,
    reason varchar(200) not null default '',
    origin text not null check (origin in ('storefront', 'erp', 'person', 'system')),
    actor_name text not null,
    told_at timestamptz not null,
    request_id uuid,
    primary key (merchant_id, order_id, kind, no),
    foreign key (merchant_id, order_id) references orders (merchant_id, id)
);
comment on table order_withdrawals is 'Shipments and packages that never left, though it had been said. What is reckoned of an order leaves them out.';
create trigger order_withdrawals_are_final before update or delete on order_withdrawals for each row execute function refuse_change();
