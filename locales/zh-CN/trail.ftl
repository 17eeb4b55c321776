trail-note = { $a } · 谁在什么时候把什么从多少改成多少。只增不改，永久保留
trail-of-platform = 平台
trail-who = 谁做的
trail-all = 全部
trail-people = 人工
trail-erp = ERP
trail-system = 平台规则
trail-search = 对象编号或操作人
trail-empty = 还没有记录
trail-empty-note = 每一次改动都会记在这里
trail-when = 时间
trail-by = 操作人
trail-what = 做了什么
trail-change = 变化
trail-cause = 来自
trail-call = 接口调用
trail-feed = 批次
trail-line = 第 { $a } 行
trail-shown = 本页 { $a } 条

# 做了什么
trail-merchant-created = 创建商家
trail-merchant-changed = 修改商家规则
trail-shop-created = 新增门店
trail-shop-renamed = 门店改名
