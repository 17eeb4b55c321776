drop table erp_statuses, order_events, order_lines, orders, order_rules;
alter table apps drop column ack_mode;
update reservations r set seq = n.seq from (
    select o.merchant_id, o.no, m.order_seq + row_number() over (partition by o.merchant_id order by o.paid_at, o.no) as seq
    from reservations o join merchants m on m.id = o.merchant_id where o.paid_at is not null and o.seq is null) n
    where r.merchant_id = n.merchant_id and r.no = n.no;
alter table reservations drop constraint reservations_numbered, add constraint reservations_check1 check ((seq is null) = (paid_at is null));
