trail-note = { $a } · who changed what, when, from what to what. Added to only, kept for good
trail-of-platform = The platform
trail-who = Done by
trail-all = All
trail-people = People
trail-erp = ERP
trail-system = Platform rules
trail-search = Subject id or actor
trail-empty = Nothing recorded yet
trail-empty-note = Every change will be recorded here
trail-when = Time
trail-by = By
trail-what = What
trail-change = Change
trail-cause = Caused by
trail-call = API call
trail-feed = Batch
trail-line = line { $a }
trail-shown = { $a } events on this page

# What was done
trail-merchant-created = Created the merchant
trail-merchant-changed = Changed the merchant's rules
trail-shop-created = Added the shop
trail-shop-renamed = Renamed the shop
