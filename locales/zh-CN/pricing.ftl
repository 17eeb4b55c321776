line-overlap = { $a } 的生效时间 { $b } 与已有的 { $c } 重叠。先改短其中一段，或撤掉一段再发
line-bad-span = { $a } 的结束时间 { $b } 不晚于开始时间 { $c }。结束时刻本身不含在内，请改后再发
line-below-cost = { $a } 的价格 { $b } 低于采购价，已照收。请确认不是填错
line-cost-above-price = { $a } 的采购价 { $b } 高于默认单价 { $c }，已照收。请确认哪个填错了
line-below-floor = { $a } 的价格 { $b } 低于最低限价 { $c }。请提高价格，或先调整限价规则
line-unknown-region-group = { $a } 的地区组 { $b } 在平台没有。新建这个地区组，或把它对应到已有的组，这一行会自动写入
line-unknown-customer-group = { $a } 的客户组 { $b } 在平台没有。新建这个客户组，或把它对应到已有的组，这一行会自动写入
line-shops-differ = { $a } 发来 { $b }，而门店 { $c } 是 { $d }。现在规定会员价各门店统一，以最后一次为准；各店不同请改为按门店
