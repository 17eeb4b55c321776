drop index stock_by_person;
