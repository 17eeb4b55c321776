# API fields: what several methods share
api-field-source-time = When this line was changed in the ERP; older than what was received is not applied (stale)
api-field-create-time = When it was created in the ERP
api-field-update-time = When it was last updated in the ERP
