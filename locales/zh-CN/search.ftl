search-title = 搜索
search-note = 商品名、拼音首字母、条码、批准文号、编码、订单号、客户、请求编号、页面
search-hint = 搜索
search-products = 商品
search-sellable = 可售 { $a }
search-places = 跳转
search-nothing = 没有找到「{ $a }」
search-nothing-note = 换个写法试试：名称的一部分、拼音首字母、完整的条码或编码
