drop table stock_movements, stock_marks, stock;
