drop table call_minutes, held_lines, exceptions, switches;
