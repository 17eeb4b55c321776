# 表单
form-missing = 请填写
form-wrong-type = 格式不对，看一下说明再填
form-misread = 读不懂：{ $a }
form-between = 应在 { $a } 到 { $b } 之间
form-too-short = 至少 { $a } 个字
form-too-long = 最多 { $a } 个字
form-at-least = 不能小于 { $a }
form-at-most = 不能大于 { $a }
form-wrong = 这个值不行

# 模块与结果
module-product = 商品
module-category = 类目
module-price = 价格
module-listing = 上下架
module-stock = 库存
outcome-applied = 已写入
outcome-unchanged = 无变化
outcome-held = 保持中
outcome-stale = 已过时
outcome-parked = 待映射
outcome-rejected = 已拒绝

# 导航
nav-overview = 总览
nav-group-goods = 商品
nav-products = 商品
nav-listing = 上下架
nav-categories = 类目
nav-group-stock = 价格与库存
nav-stock = 库存
nav-group-sync = 对接
nav-calls = 调用日志
nav-keys = API 与凭证
nav-docs = 接口文档
nav-group-audit = 审核
nav-audit = 审核队列
nav-audited = 已审记录
nav-aliases = 别名
nav-group-master = 商品主数据
nav-base-products = 基础商品库
nav-platform-categories = 平台类目
nav-blocklist = 禁售名录
nav-group-merchants = 商家
nav-merchants = 商家
nav-group-manage = 管理
nav-users = 员工与角色
nav-trail = 操作日志

# 接口：整个调用被拒绝
api-all-rejected = 所有行都被拒绝，逐行原因见 data.lines
api-bad-json = 正文不是合法的 JSON（第 { $a } 行第 { $b } 列：{ $c }）。修正后重发，本次没有写入任何数据
api-not-utf8 = 正文从第 { $a } 字节起不是 UTF-8。请用 UTF-8 编码重发
api-bad-shape = 正文应是一个对象、一个数组，或带 lines 的信封对象
api-bad-lines = lines 应是数组，每个元素一行
api-bad-policy = onError 只能是 rows 或 all，收到「{ $a }」
api-no-lines = 一行也没有。至少发送一行
api-too-many-lines = 一次最多 { $b } 行，收到 { $a } 行。请拆成多次发送
api-too-large = 正文超过 { $a } MB。请拆成多次发送
api-cut-short = 正文没有收完（{ $a }）。本次没有写入任何数据，可用同一个幂等键重发
api-no-method = 没有「{ $a }」这个接口。可用的接口见 /docs
api-out-of-scope = 这个凭证没有 { $a } 权限。请商家管理员在「API 与凭证」里加上
api-bad-idempotency-key = Idempotency-Key 应为 1–128 个可见字符
api-key-reused = 幂等键「{ $a }」已用于另一份内容。内容不同请换一个键

# 接口：一行的问题。$a 字段，$b 收到的值
line-not-an-object = 这一行不是 JSON 对象（收到「{ $b }」）。每行写成 {"{"}"字段": 值{"}"}
line-missing = 缺少 { $a }。补上后重发这一行
line-empty = { $a } 不能为空（收到「{ $b }」）。填上值，或在编辑时不传这个字段
line-wrong-type = { $a } 的值「{ $b }」类型不对，应为 { $c }
line-too-long = { $a } 的值「{ $b }」超过 { $c } 个字。缩短后重发
line-decimals = { $a } 的值「{ $b }」超过两位小数。我们不替你四舍五入，请改成两位（例如 { $c }）
line-too-big = { $a } 的值「{ $b }」太大，最大 { $c }
line-negative = { $a } 的值「{ $b }」不能是负数。没有就传 0
line-bad-time = { $a } 的值「{ $b }」不是时间。写成 yyyy-MM-dd HH:mm:ss（北京时间）
line-bad-choice = { $a } 的值「{ $b }」不在允许范围：{ $c }
line-bad-character = { $a } 的值「{ $b }」含有控制字符或无法识别的字符。删掉后重发
line-bad-barcode = { $a } 的值「{ $b }」校验位不对（应为 { $c }）。核对包装上的条码后重发
line-unknown-field = 不认识字段 { $a }，已忽略。核对拼写，或查看接口文档
line-unknown-category = { $a } 的值「{ $b }」在类目里找不到。这一行先留着，类目到达后自动写入
line-category-chain = { $a } 的值「{ $b }」与类目树不符，已按类目树改为「{ $c }」
line-not-a-leaf = { $a } 的值「{ $b }」不是三级类目。商品只能挂在三级类目下
line-category-level = { $a } 的值「{ $b }」与上级不符：{ $c } 的下级应为 { $d } 级
line-category-parent = { $a } 的值「{ $b }」在类目里找不到。先上传上级类目，或与它放在同一次调用里
line-category-cycle = { $a } 的值「{ $b }」会形成环：它在自己的下级里
line-category-in-use = 类目「{ $b }」下还有 { $c } 个商品，不能这样改。先移走商品
line-category-children = { $a } 不能改成「{ $b }」：下级 { $c } 的级别会不对。把所有下级放在同一次调用里一起改
line-category-too-deep = { $a } 的值「{ $b }」已是三级类目，下面不能再有类目
line-unknown-shop = { $a } 的值「{ $b }」不是你的门店，或这个凭证无权访问。核对门店编号
line-unknown-sku = { $a } 的值「{ $b }」没有这个 SKU。先用 sku.add_or_edit 或 prod.add_or_edit 上传
line-unknown-product = { $a } 的值「{ $b }」没有这个商品。先用 prod.add_or_edit 上传
line-unknown-base = { $a } 的值「{ $b }」没有这个基础商品。用 base_prod.search 查询编码
line-id-taken = { $a } 的值「{ $b }」已被{ $c }使用。商品与 SKU 共用一个编号空间，请换一个
line-no-default-sku = 默认 SKU 的编号「{ $b }-1」放不下或已被占用。请在这一行给出 skuId
line-other-product = SKU「{ $b }」属于商品 { $c }，不能改挂
line-duplicate-in-batch = 「{ $b }」在同一次调用里出现多次。哪一行算数无法判断，请只保留一行
line-stale = 来源时间「{ $b }」早于已有的 { $c }，没有覆盖
line-clock-ahead = 来源时间「{ $b }」比我们的时钟快 5 分钟以上。校准 ERP 的时钟后重发
line-conflict = 版本「{ $b }」已不是最新（现在是 { $c }）。重新读取后再改
line-all-or-nothing = 同一次调用里有别的行出错，按 onError=all 一行也没有写入
line-waits-for-audit = 还在审核，先不上架；通过后自动上架
line-not-sellable = 还不能上架：{ $c }
line-counter-drift = { $a } 上报为 { $b }，平台自己的计数是 { $c }；平台计数不被覆盖，差异已记录
line-price-ignored = 商品的 SKU 已有各自的价格，没有用 { $a }「{ $b }」。要改价请用 SKU 接口
line-in-audit = 没能自动匹配到基础商品，已交审核员判断
line-forbidden-goods = 属于禁售：{ $c }
