overview-as-of = { $c } { $a }-{ $b } · as of { $d } · refreshes every 15 s
overview-mon = Mon
overview-tue = Tue
overview-wed = Wed
overview-thu = Thu
overview-fri = Fri
overview-sat = Sat
overview-sun = Sun

# A new merchant
overview-start = Get connected
overview-start-note = { $a } of 4 steps done
overview-step-key = Create a credential
overview-step-key-note = Your ERP signs with it; the secret is shown once
overview-step-key-go = Create credential
overview-step-products = Upload products
overview-step-products-note = Your ERP calls prod.add_or_edit, up to 1,000 lines a call
overview-step-docs = Read the API docs
overview-step-approved = Wait for review
overview-step-approved-note = Products that certainly are a known base product pass by themselves; an auditor judges the rest
overview-step-approved-go = See products
overview-step-stock = Push stock
overview-step-stock-note = Your ERP calls sku.inventory.update; approved products in stock are listed by themselves
overview-step-done = Done

# Figures
overview-figures = Key figures today
overview-listed = Products on sale
overview-listed-of = of { $a } products
overview-pending = To match or in review
overview-pending-note = Listed by rule once approved
overview-pending-none = No product is waiting
overview-back = { $a } returned
overview-places = SKU × shop in stock
overview-places-out = { $a } out
overview-places-low = { $a } low · { $b } in all
overview-applied = Lines written today
overview-received = { $a } lines received today
overview-rate = API success rate
overview-calls = { $a } calls
overview-failed = { $a } with failures

# Sync
overview-lanes = Sync health
overview-lanes-note = last 60 minutes, 5 minutes a bar
overview-lane-label = { $a } calls in the last 60 minutes, { $b } with failures
overview-lane-failed = { $a } failed
overview-lane-ok = Fine
overview-lane-quiet = Nothing for an hour
overview-lane-never = Nothing received yet
overview-lines = { $a ->
    [one] { $a } line
   *[other] { $a } lines
}
overview-hours = API calls per hour
overview-hours-label = API calls per hour today, { $a } in all, { $b } with failures
overview-hours-unit = calls per hour, Beijing time
overview-hour = Hour
overview-ok = Fine
overview-bad = Failed
overview-data = Show as table
overview-data-hide = Hide the table

# Needs attention
overview-todo = Needs attention
overview-todo-none = Nothing needs you
overview-todo-none-note = Rejected lines, returned products and expiring credentials will show up here
overview-products = { $a ->
    [one] { $a } product
   *[other] { $a } products
}
overview-credentials = { $a ->
    [one] { $a } credential
   *[other] { $a } credentials
}
overview-until = expires { $a }
overview-rejected = {" "}rejected, for example: { $a }
overview-rejected-then = Method { $a } · these lines were not written, the platform keeps the old values; correct them and send them again
overview-rejected-go = See failures
overview-parked-category = {" "}waiting for { $a } categories the platform does not know yet: { $b }
overview-parked-category-then = Not written yet; they are written by themselves once your ERP uploads the categories
overview-parked-code = wait for { $a } codes nobody has mapped: { $b }
overview-parked-status = wait for { $a } ERP statuses nobody has explained: { $b }
overview-parked-code-then = Explain once and the waiting lines are replayed
overview-parked-sku = {" "}waiting for { $a } SKUs the platform does not know yet: { $b }
overview-parked-sku-then = Not written yet; they are written by themselves once the SKUs are uploaded
overview-quarantined = {" "}in quarantine wait for your decision ({ $a }: { $b })
overview-quarantined-then = The ERP changed too much at once; nothing of it was written
overview-silent = {" "}has not heard from the ERP for more than { $a } minutes
overview-silent-then = Figures may be out of date; look at the ERP's push job
overview-silent-go = Open
overview-parked-go = Open
overview-returned = {" "}returned by review
overview-returned-then = Main reason: { $a } ({ $b }); a change sends them to review again
overview-returned-plain = A change sends them to review again
overview-returned-go = Correct
overview-expiring = {" "}due to expire within 14 days: { $a }
overview-expiring-then = After that every call of the ERP is refused; rotating lets both secrets work for a while
overview-expired = {" "}past expiry: { $a }
overview-expired-then = Every call the ERP makes with them is refused now
overview-expiring-go = Rotate
overview-out = {" "}on sale but out of stock in every shop: { $a }
overview-out-then = Customers see them and cannot buy; new stock brings them back, or unlist them
overview-out-go = See stock

# Platform
overview-audit-go = Start reviewing
overview-queue = Review queue
overview-queue-none = The queue is empty
overview-difficult = { $a } difficult
overview-oldest = Oldest submission
overview-oldest-note = Among those still waiting
overview-decided = Decided today
overview-decided-note = By people; automatic matches not counted
overview-median = Time per decision
overview-median-note = Median
overview-seconds = s
overview-base = Base products
overview-merchants = { $a } merchants
overview-trouble = Merchants with failing calls
overview-trouble-note = last 60 minutes, most failures first
overview-trouble-none = No failures in the last 60 minutes
overview-trouble-none-note = Merchants whose calls fail will show up here
overview-trouble-row = {" "}had { $a } failed calls
overview-trouble-last = The last one was
overview-trouble-go = See merchant

# Sales
overview-money = Paid today
overview-money-was = Yesterday by now ¥{ $a }
overview-paid = Paid orders
overview-paid-was = Yesterday by now { $a }
overview-to-ship = To ship
overview-on-hold = { $a } on hold
overview-ship-oldest = Oldest paid { $a }
overview-none-to-ship = Nothing to ship
overview-into-erp = Payment to ERP
overview-into-erp-note = Median · 95% within { $a }
overview-into-erp-none = No order has reached the ERP yet
overview-lag-seconds = { $a } s
overview-minutes = { $a } min
overview-a-few-hours = { $a } h
overview-hourly = Paid by the hour
overview-hourly-label = Paid by the hour today; yesterday dashed
overview-hourly-unit = Yuan an hour, Beijing time
overview-today = Today
overview-yesterday = Yesterday
overview-risk = About to run out
overview-risk-note = Less than 3 days left at the average of the last 14 days
overview-risk-none = Nothing is about to run out
overview-risk-none-note = At the latest rate every SKU that sells lasts three days
overview-risk-goods = Product
overview-risk-shop = Shop
overview-risk-available = Available
overview-risk-a-day = Sold a day
overview-risk-days = Days left
overview-risk-lasts = { $a } days
overview-orders-n = { $a } orders
overview-orders-unmapped = cannot enter the ERP: the customer has no ERP customer code
overview-orders-unmapped-go = Match customers
overview-orders-uscc = cannot enter the ERP: the customer’s credit code is invalid
overview-orders-refused = refused by the ERP
overview-orders-by-hand = held by hand
overview-orders-then = { $a } customers, ¥{ $b } in all; they go by themselves once it is settled
overview-orders-late = paid more than { $a } minutes ago and not in the ERP
overview-orders-late-then = See whether the ERP asks for orders; what it took without a receipt is given again
overview-orders-go = See orders
overview-erp-silent = The ERP does not answer
overview-erp-silent-why = It cannot be called; { $a } changes of units are waiting
overview-erp-silent-then = Checks follow the rule; orders and changes are sent by themselves when it is back
overview-erp-refused = The ERP refused { $a }
overview-erp-refused-why = Freezes, deductions or rollbacks were not taken
overview-erp-refused-then = What follows of the same reservation waits for somebody
overview-erp-go = See the ERP connection
