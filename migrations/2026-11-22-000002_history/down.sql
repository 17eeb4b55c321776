drop table parked_lines, feed_lines, feeds, calls, trail;
drop function refuse_change();
drop function drop_old_partitions(timestamptz, integer);
drop function ensure_month_partitions(timestamptz, integer);
