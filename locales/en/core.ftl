# Forms
form-missing = Please fill this in
form-wrong-type = Wrong format; see the hint
form-misread = Could not read this: { $a }
form-between = Must be between { $a } and { $b }
form-too-short = At least { $a } characters
form-too-long = At most { $a } characters
form-at-least = Must not be less than { $a }
form-at-most = Must not be more than { $a }
form-wrong = This value will not do

# Modules and outcomes
module-product = Products
module-category = Categories
module-price = Prices
module-listing = Listing
module-stock = Stock
outcome-applied = Applied
outcome-unchanged = Unchanged
outcome-held = Held
outcome-stale = Stale
outcome-parked = Parked
outcome-rejected = Rejected

# Navigation
nav-overview = Overview
nav-group-goods = Products
nav-products = Products
nav-listing = Listing
nav-categories = Categories
nav-group-stock = Prices and stock
nav-stock = Stock
nav-group-sync = Connection
nav-calls = Call log
nav-keys = API and credentials
nav-docs = API documentation
nav-group-audit = Review
nav-audit = Review queue
nav-audited = Reviewed
nav-aliases = Aliases
nav-group-master = Master data
nav-base-products = Base products
nav-platform-categories = Platform categories
nav-blocklist = Prohibited goods
nav-group-merchants = Merchants
nav-merchants = Merchants
nav-group-manage = Administration
nav-users = Staff and roles
nav-trail = Audit log

# API: a call refused as a whole
api-all-rejected = All lines were rejected; the reason for each is in data.lines
api-bad-json = The body is not valid JSON (line { $a }, column { $b }: { $c }). Correct it and send again; nothing was written
api-not-utf8 = The body is not UTF-8 from byte { $a } on. Send it encoded in UTF-8
api-bad-shape = The body must be an object, an array, or an envelope object with lines
api-bad-lines = lines must be an array with one element per line
api-bad-policy = onError must be rows or all, received "{ $a }"
api-no-lines = There is no line. Send at least one
api-too-many-lines = At most { $b } lines a call, received { $a }. Split it into several calls
api-too-large = The body is larger than { $a } MB. Split it into several calls
api-cut-short = The body did not arrive whole ({ $a }). Nothing was written; send it again with the same idempotency key
api-no-method = There is no method "{ $a }". See /docs for those there are
api-out-of-scope = This credential lacks the scope { $a }. Ask the merchant's owner to add it under API and credentials
api-bad-idempotency-key = Idempotency-Key must be 1–128 visible characters
api-key-reused = The idempotency key "{ $a }" was used for another body. Use another key for other content

# API: what is wrong with a line. $a the field, $b the value received
line-not-an-object = This line is not a JSON object (received "{ $b }"). Write each line as {"{"}"field": value{"}"}
line-missing = { $a } is missing. Add it and send this line again
line-empty = { $a } must not be empty (received "{ $b }"). Give a value, or leave the field out when editing
line-wrong-type = { $a } has the value "{ $b }" of the wrong type; it must be { $c }
line-too-long = { $a } has the value "{ $b }", longer than { $c } characters. Shorten it and send again
line-decimals = { $a } has the value "{ $b }" with more than two decimals. We never round for you; use two (for example { $c })
line-too-big = { $a } has the value "{ $b }", which is too large; the most is { $c }
line-negative = { $a } has the value "{ $b }", which must not be negative. Send 0 for none
line-bad-time = { $a } has the value "{ $b }", which is not a time. Write yyyy-MM-dd HH:mm:ss (Beijing time)
line-bad-choice = { $a } has the value "{ $b }"; allowed: { $c }
line-bad-character = { $a } has the value "{ $b }" with control or unreadable characters. Remove them and send again
line-bad-barcode = { $a } has the value "{ $b }" with a wrong check digit (expected { $c }). Compare it with the pack and send again
line-unknown-field = The field { $a } is not known and was ignored. Check the spelling or the API documentation
line-unknown-category = { $a } has the value "{ $b }", which is no known category. The line is kept and written by itself once the category arrives
line-category-chain = { $a } has the value "{ $b }", which does not fit the category tree; "{ $c }" was used
line-not-a-leaf = { $a } has the value "{ $b }", which is not a level-3 category. Products hang on level 3 only
line-category-level = { $a } has the value "{ $b }", which does not fit its parent: below { $c } comes level { $d }
line-category-parent = { $a } has the value "{ $b }", which is no known category. Upload the parent first, or in the same call
line-category-cycle = { $a } has the value "{ $b }", which would make a cycle: it lies below the category itself
line-category-in-use = Category "{ $b }" has { $c } products and cannot change like this. Move the products first
line-category-children = { $a } cannot become "{ $b }": its child { $c } would be at the wrong level. Change all children in the same call
line-category-too-deep = { $a } "{ $b }" is a category of level 3 and cannot have categories below it
line-unknown-shop = { $a } has the value "{ $b }", which is not one of your shops, or this credential may not see it. Check the shop number
line-unknown-sku = { $a } has the value "{ $b }"; there is no such SKU. Upload it first with sku.add_or_edit or prod.add_or_edit
line-unknown-product = { $a } has the value "{ $b }"; there is no such product. Upload it first with prod.add_or_edit
line-unknown-base = { $a } has the value "{ $b }"; there is no such base product. Look the code up with base_prod.search
line-id-taken = { $a } has the value "{ $b }", which is taken by a { $c }. Products and SKUs share one id space; choose another
line-no-default-sku = The id "{ $b }-1" for the default SKU does not fit or is taken. Give skuId in this line
line-other-product = SKU "{ $b }" belongs to product { $c } and cannot move
line-duplicate-in-batch = "{ $b }" occurs more than once in this call. Which line counts cannot be told; keep one
line-stale = The source time "{ $b }" is older than { $c }, which is stored; nothing was overwritten
line-clock-ahead = The source time "{ $b }" is more than 5 minutes ahead of our clock. Set the ERP's clock and send again
line-conflict = Version "{ $b }" is not the latest (now { $c }). Read it again before changing it
line-all-or-nothing = Another line of this call failed; with onError=all nothing was written
line-waits-for-audit = Still in review, so not listed yet; listed by itself once approved
line-not-sellable = Cannot be listed yet: { $c }
line-counter-drift = { $a } was reported as { $b }, the platform's own counter is { $c }; it was not overwritten, the difference is recorded
line-price-ignored = The SKUs have prices of their own, so { $a } "{ $b }" was not used. Change prices with the SKU methods
line-in-audit = No base product could be matched automatically; handed to an auditor
line-forbidden-goods = Prohibited goods: { $c }
