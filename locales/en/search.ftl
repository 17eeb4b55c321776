search-title = Search
search-note = Product names, pinyin initials, barcodes, approval numbers, codes, order numbers, customers, request ids, pages
search-hint = Search
search-products = Products
search-sellable = { $a } sellable
search-places = Go to
search-nothing = Nothing found for “{ $a }”
search-nothing-note = Try a part of the name, pinyin initials, or the whole barcode or code
