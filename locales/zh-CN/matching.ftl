# 匹配：字段与判定
products-match-field-barcode = 商品条码
products-match-field-approval-no = 批准文号
products-match-field-name = 通用名
products-match-field-spec = 规格
products-match-field-pack = 包装
products-match-field-manufacturer = 生产企业
products-match-field-dosage-form = 剂型
products-match-same = 一致
products-match-spelled-differently = 写法不同
products-match-converts-equal = 折算相同
products-match-different = 不同
products-match-missing-here = 平台缺失
products-match-missing-there = 商家未填
products-match-missing-both = 都未填

# 匹配：为什么要人来判断
products-match-why-explicit-unknown = 商家指定的基础商品不存在，请选择正确的一个
products-match-why-explicit-disagrees = 商家指定的基础商品与其他字段矛盾，请确认
products-match-why-keys-disagree = 条码与批准文号指向不同的基础商品，请确认是哪一个
products-match-why-several-fit = 有几个基础商品同样符合，请选择
products-match-why-carton-barcode = 提交的是整箱条码，请确认销售单位
products-match-why-barcode-differs = 条码与候选不同，请确认是否同一商品
products-match-why-approval-differs = 批准文号与候选不同，请确认是否同一商品
products-match-why-approval-unconfirmed = 候选没有批准文号，无法印证商家填写的文号
products-match-why-spec-differs = 规格与候选不同，很可能是另一个包装
products-match-why-spec-incomplete = 有一方的规格没有写全，无法确定包装
products-match-why-spec-to-confirm = 规格换算后相同，但没有号码佐证，请确认
products-match-why-name-differs = 名称与候选不同，请确认是否同一商品
products-match-why-dosage-form-differs = 剂型与候选不同，很可能是另一个商品
products-match-why-variant-differs = 有一方是无糖、薄膜衣、儿童等特别款，请确认
products-match-why-trade-name-differs = 商品名与候选不同，请确认
products-match-why-manufacturer-differs = 生产企业与候选不同，请确认是否同一家或已更名
products-match-why-manufacturer-missing = 有一方没有写生产企业，无法确定
products-match-why-not-enough = 相似，但没有任何关键字段能够确定
