# The stock page
stock-title = Stock
stock-note = Available = ERP quantity − frozen − paid but not yet deducted by the ERP − safety stock; open any available number to see how it came about
stock-list = Stock list
stock-views = Stock views
stock-tab-all = All
stock-tab-low = Low
stock-tab-out = Out of stock
stock-tab-short = Oversold
stock-tab-drift = Differs from ERP
stock-search = Name, pinyin initials, barcode, ERP code, SKU id
stock-shop = Store
stock-every-shop = Every store
stock-col-product = Product / SKU
stock-col-available = Available
stock-col-source = Source
stock-col-frozen = Frozen
stock-col-sold = Sold
stock-col-reported = ERP report
stock-col-updated = Updated
stock-short = Oversold { $a }
stock-drift = Counters differ
stock-never-reported = Never reported
stock-shown = { $a } on this page
stock-why-label = Available { $a }, see how it came about
stock-empty = No stock yet
stock-empty-note = It appears here once your ERP pushes stock, or when a product upload carries inventory
stock-empty-api = See the stock method

# Why this number
stock-why-title = { $a } · why { $b } are available
stock-why-page = Open as a page
stock-term-erp = Quantity reported by the ERP
stock-term-person = Quantity set by hand
stock-term-frozen = Frozen by the platform (ordered, not paid)
stock-term-paid = Paid, not yet deducted by the ERP
stock-term-safety = Safety stock
stock-note-reported = Received at { $a } with a stock push
stock-note-person = Set by hand; the next ERP report replaces it
stock-sum = Calculated
stock-short-note = { $a } sold too many; nothing more is sold until it is restocked
stock-final = Offered to buyers now
stock-drift-sold = The ERP reports { $a } sold, the platform counts { $b }. The platform's counter is kept; check that all orders have reached the ERP
stock-drift-frozen = The ERP reports { $a } frozen, the platform counts { $b }. The platform's counter is kept; check the unpaid orders
stock-moves = Movements
stock-no-moves = Nothing has moved yet
stock-moves-older = Older movements
stock-move-erp-set = ERP report
stock-move-manual-set = set by hand
stock-move-reserve = frozen by an order
stock-move-confirm = paid, frozen becomes sold
stock-move-release = cancelled, released
stock-move-restock = returned to stock
stock-move-lot-sum = sum of lots
stock-move-undo = took an edit back
stock-move-feed = Batch { $a }
stock-move-line = line { $a }
stock-move-call = See the call

# A quantity set by hand
stock-edit = Change the quantity
stock-edit-quantity = Quantity (in place of what the ERP reports)
stock-edit-hint = Only this SKU at this store; the next ERP report replaces it
stock-edit-reason = Reason
stock-edit-other = Another reason
stock-edit-save = Change quantity
stock-edited = The quantity was set to { $a } by hand
stock-undo = Undo
stock-undo-refused = It cannot be undone: the number has changed since, or more than { $a } minutes have passed. Set the quantity you want instead
stock-conflict = The quantity changed while you were looking; it is { $a } now. Check and save again
stock-reason-count = Stock count
stock-reason-damaged = Damaged or scrapped
stock-reason-arrived = Arrived, not yet in the ERP
stock-reason-wrong = The ERP's number is wrong
stock-reason-needed = Choose a reason or write one

# The open platform
stock-api-update = Write stock: the ERP reports a quantity per SKU and store. One object, or up to 1,000 lines a call
stock-api-get = Read stock: available, sold and frozen as the platform has them, and when the ERP last reported
stock-field-sku = SKU id. A line about a SKU we do not know yet is kept and written when the SKU arrives
stock-field-shop = Store number; the default store without it
stock-field-inventory = Quantity the ERP can sell, a whole number, zero or more; required the first time
stock-field-saled = The ERP's sold counter; compared only, never overwrites the platform's
stock-field-freeze = The ERP's frozen counter; compared only, never overwrites the platform's
stock-field-source-time = When the ERP read this number; older than what is stored is not written
stock-field-if-version = Write only if this is the row's version
stock-unknown-sku = There is no SKU “{ $a }”. Upload it first with sku.add_or_edit or prod.add_or_edit

trail-stock-set-by-hand = Set stock by hand
trail-stock-edit-undone = Took a stock edit back
