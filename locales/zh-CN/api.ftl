# 接口字段：多个接口共用的说明
api-field-source-time = 这一行在 ERP 里的修改时间；早于已收到的就不写入（stale）
api-field-create-time = ERP 里的创建时间
api-field-update-time = ERP 里的更新时间
