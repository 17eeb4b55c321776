drop table carriers, regions, block_list, aliases, base_barcodes, base_products, categories;
