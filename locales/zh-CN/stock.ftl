# 库存页
stock-title = 库存
stock-note = 可售 = ERP 数量 − 冻结 − 已付款待 ERP 扣减 − 安全库存；点任一可售数字看它怎么算出来的
stock-list = 库存列表
stock-views = 库存视图
stock-tab-all = 全部
stock-tab-low = 低库存
stock-tab-out = 缺货
stock-tab-short = 负卖
stock-tab-drift = 与 ERP 不一致
stock-search = 名称、拼音首字母、条码、ERP 编码、SKU 编号
stock-shop = 门店/仓
stock-every-shop = 全部门店
stock-col-product = 商品 / SKU
stock-col-available = 可售
stock-col-source = 依据
stock-col-frozen = 冻结
stock-col-sold = 已售
stock-col-reported = ERP 上报
stock-col-updated = 更新
stock-short = 负卖 { $a }
stock-drift = 计数不一致
stock-never-reported = 从未上报
stock-shown = 本页 { $a } 条
stock-why-label = 可售 { $a }，查看计算过程
stock-empty = 还没有库存
stock-empty-note = ERP 推送库存后会出现在这里；上传商品时带上 inventory 也可以
stock-empty-api = 看库存接口

# 怎么来的
stock-why-title = { $a } · 可售 { $b } 怎么来的
stock-why-page = 单独打开
stock-term-erp = ERP 上报数量
stock-term-person = 人工改的数量
stock-term-frozen = 平台冻结（已下单未付款）
stock-term-paid = 已付款、ERP 还没扣减
stock-term-safety = 安全库存
stock-note-reported = { $a } 由库存推送收到
stock-note-person = 人工改数；ERP 下次上报会替换它
stock-sum = 计算值
stock-short-note = 已多卖 { $a } 件，补货前不再出售
stock-final = 当前对外可售
stock-drift-sold = ERP 上报已售 { $a }，平台计数 { $b }。平台计数不被覆盖，请核对订单是否都已进 ERP
stock-drift-frozen = ERP 上报冻结 { $a }，平台计数 { $b }。平台计数不被覆盖，请核对未付款订单
stock-moves = 变动记录
stock-no-moves = 还没有变动
stock-moves-older = 更早的变动
stock-move-erp-set = ERP 上报
stock-move-manual-set = 人工改数
stock-move-reserve = 下单冻结
stock-move-confirm = 付款，冻结转已售
stock-move-release = 取消，释放冻结
stock-move-restock = 退货入库
stock-move-lot-sum = 批号合计
stock-move-undo = 撤销人工改数
stock-move-feed = 批次 { $a }
stock-move-line = 第 { $a } 行
stock-move-call = 看调用

# 人工改数
stock-edit = 改数量
stock-edit-quantity = 数量（代替 ERP 上报的数）
stock-edit-hint = 只改这个门店的这一个 SKU；ERP 下次上报会替换它
stock-edit-reason = 原因
stock-edit-other = 其他原因
stock-edit-save = 改数量
stock-edited = 数量已由人工改为 { $a }
stock-undo = 撤销
stock-undo-refused = 不能撤销：这个数之后又变过，或已超过 { $a } 分钟。请直接改成想要的数量
stock-conflict = 你看的时候数量又变了，现在是 { $a }。核对后再保存
stock-reason-count = 盘点修正
stock-reason-damaged = 破损报废
stock-reason-arrived = 到货未入 ERP
stock-reason-wrong = ERP 数量有误
stock-reason-needed = 选一个原因，或写明原因

# 接口
stock-api-update = 写入库存：ERP 上报每个 SKU、每个门店的数量。一个对象，或一次最多 1,000 行
stock-api-get = 读取库存：平台当前的可售、已售、冻结，以及 ERP 最近上报的时间
stock-field-sku = SKU 编号。还不认识的 SKU 先留着，SKU 到达后自动写入
stock-field-shop = 门店编号；不传为默认门店
stock-field-inventory = ERP 里可卖的数量，整数，不小于 0；第一次上报必填
stock-field-saled = ERP 的已售计数；只用于比对，不覆盖平台计数
stock-field-freeze = ERP 的冻结计数；只用于比对，不覆盖平台计数
stock-field-source-time = ERP 读出这个数的时间；早于已有的不写入
stock-field-if-version = 只在库存版本等于它时写入
stock-unknown-sku = 没有 SKU「{ $a }」。先用 sku.add_or_edit 或 prod.add_or_edit 上传

trail-stock-set-by-hand = 人工改库存
trail-stock-edit-undone = 撤销人工改库存
