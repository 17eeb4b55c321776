drop index feeds_by_hand;
