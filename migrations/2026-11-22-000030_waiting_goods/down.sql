drop index held_lines_item;
