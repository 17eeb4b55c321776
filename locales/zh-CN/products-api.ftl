# 商品与 SKU 的接口

line-unlisted-by-person = 没有上架：商品由{ $c }人工下架，只有人能重新上架。请在商家后台上架

products-kind-product = 商品
products-kind-sku = SKU
products-barcode-digits = 8、12、13 或 14 位数字
products-bad-cursor = 游标「{ $a }」不是我们给出的。去掉 cursor 从头读，或用上一页返回的 cursor
products-unknown-sku = 没有 SKU「{ $a }」。先用 sku.add_or_edit 或 prod.add_or_edit 上传，或用 sku.list.get 查看有哪些
products-unknown-shop = 门店「{ $a }」不是你的，或这个凭证无权访问。核对门店编号

products-missing-enabled = 商品已停用。先用 enable=1 启用
products-missing-permitted = 在禁售名录里，不能在平台销售
products-missing-category = 所在类目不允许在平台销售
products-missing-base = 对应的基础商品已停用或属于禁售类目
products-missing-price = 没有单价。先给 SKU 定价
products-missing-stock = 没有库存；有库存后自动上架

products-forbidden-listed = 在禁售名单上（{ $a }）
products-forbidden-category = 类目 { $a } 不允许销售
products-forbidden-base = 基础商品 { $a } 的类目不允许销售

products-ask-nothing-alike = 平台没有相似的基础商品
products-ask-block-list = 命中禁售名单
products-ask-own-category = 商家类目不允许销售
products-ask-base-category = 基础商品的类目不允许销售
products-ask-base-disabled = 对应的基础商品已停用
products-ask-refused-before = 之前被驳回过，改后重新提交

products-matched-by-explicit = 商家指定基础商品，核对无误
products-matched-by-barcode = 条码确定
products-matched-by-approval = 批准文号与规格确定
products-matched-by-name = 名称、规格与生产厂家确定

trail-product-created = 新增商品
trail-product-changed = 修改商品
trail-product-matched = 自动匹配到基础商品
trail-product-audit-asked = 转人工审核
trail-product-listed = 上架
trail-product-unlisted = 下架
trail-product-listing-wished = 记下上架意愿
trail-sku-created = 新增 SKU
trail-sku-changed = 修改 SKU

api-method-prod-add-or-edit = 新增或修改商品。新商品必须带编码、名称、类目和单价；修改只传主键和变化的字段。上传后自动匹配基础商品，匹配不上的交审核员
api-method-prod-list-get = 读回已写入的商品，可按更新时间过滤；用 cursor 逐页读不会漏
api-method-prod-shelf-update = 批量上架或下架。还在审核的商品记下意愿，通过后自动上架；人工下架的不会被接口重新上架
api-method-sku-add-or-edit = 新增或修改 SKU。新 SKU 必须带 prodId；修改只传主键和变化的字段
api-method-sku-list-get = 读回 SKU，可只读一个商品的
api-method-sku-detail = 读一个 SKU 和它在各门店的库存

api-field-prod-id = 商品唯一标识；不能与别的商品或 SKU 重复
api-field-erp-prod-code = ERP 商品编码
api-field-prod-name = 商品名称（药品用通用名）
api-field-catalog-id = 所属三级类目。类目还没到时这一行先留着，到达后自动写入
api-field-prod-price = 默认单价，最多两位小数。SKU 没有自己的价格时用它
api-field-catalog-chain = 类目链，如 11-1123-112366。以类目树为准，不符会提示
api-field-brand = 品牌
api-field-trade-name = 商品名（药品的商品名称）
api-field-spec = 规格，如 0.25g×24粒/盒
api-field-unit = 计件单位，如盒、件
api-field-manufacturer = 生产厂家（上市许可持有人）
api-field-approval-no = 批准文号
api-field-bar-code = 条码。校验位不对会提示，照原样保存，但不参与匹配
api-field-base-prod-id = 平台基础商品编码。指定后直接关联，与条码、批准文号矛盾时转人工
api-field-album = 图册，图片相对地址，多个用逗号隔开
api-field-description = 详情
api-field-shipping-place = 发货地
api-field-origin-place = 原产地
api-field-gross-weight = 毛重（千克），最多两位小数
api-field-supplier = 供应商
api-field-enable = 1 启用，0 停用；不传为启用
api-field-default-sku-id = 新商品默认 SKU 的编号；不传为「商品编号-1」
api-field-prod-inventory = 默认门店的库存；不传为 0
api-field-if-version = 只在当前版本等于它时写入；0 表示必须是新的
api-field-sku-id = SKU 唯一标识；不能与任何商品编号重复
api-field-sku-prod-id = 所属商品；之后不能改挂
api-field-sku-code = SKU 商家编码
api-field-sku-pic = SKU 主图，相对地址
api-field-sku-attr = 属性，如 [{"{"}"name": "规格", "value": "1段"{"}"}]，JSON 或 JSON 文本
api-field-sku-price = 单价；不传用商品的默认单价
api-field-cost-price = 原始采购价；不会给买家或别的商家看到
api-field-retail-price = 建议零售价
api-field-vip-price = 会员价（所有门店）
api-field-reference-price = 市场参考价
api-field-listed = 1 上架，0 下架
api-field-start-update-time = 只要这个时间起更新过的
api-field-end-update-time = 只要到这个时间为止更新过的
api-field-page-num = 第几页，从 1 起
api-field-page-size = 每页多少条，最多 200
api-field-cursor = 上一页返回的 cursor；传了它就不看 pageNum，也不计总数
api-field-filter-prod-id = 只要这个商品的 SKU
api-field-detail-shop-id = 门店；不传时为默认门店，并在 shops 里给出所有门店
