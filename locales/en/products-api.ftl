# The methods for products and SKUs

line-unlisted-by-person = Not listed: { $c } took the product off sale by hand, and only a person puts it back. List it in the back office

products-kind-product = a product
products-kind-sku = a SKU
products-barcode-digits = 8, 12, 13 or 14 digits
products-bad-cursor = The cursor "{ $a }" is none of ours. Leave cursor out to read from the start, or use the one the page before returned
products-unknown-sku = There is no SKU "{ $a }". Upload it with sku.add_or_edit or prod.add_or_edit first, or see with sku.list.get which there are
products-unknown-shop = Shop "{ $a }" is not yours, or this credential may not see it. Check the shop number

products-missing-enabled = the product is disabled; enable it with enable=1
products-missing-permitted = it is on the list of goods that must not be sold
products-missing-category = its category may not be sold on the platform
products-missing-base = its base product is disabled or of a forbidden category
products-missing-price = it has no price; give its SKU one
products-missing-stock = it has no stock; it is listed by itself when it has

products-forbidden-listed = it is on the block list ({ $a })
products-forbidden-category = category { $a } may not be sold
products-forbidden-base = the category of base product { $a } may not be sold

products-ask-nothing-alike = The platform has no base product like it
products-ask-block-list = On the block list
products-ask-own-category = The merchant's category may not be sold
products-ask-base-category = The base product's category may not be sold
products-ask-base-disabled = The base product is disabled
products-ask-refused-before = Was refused before and has been changed

products-matched-by-explicit = Named by the merchant, and nothing contradicts
products-matched-by-barcode = Determined by the barcode
products-matched-by-approval = Determined by approval number and specification
products-matched-by-name = Determined by name, specification and manufacturer

trail-product-created = Product created
trail-product-changed = Product changed
trail-product-matched = Matched with a base product
trail-product-audit-asked = Handed to an auditor
trail-product-listed = Listed
trail-product-unlisted = Unlisted
trail-product-listing-wished = Wish to list noted
trail-sku-created = SKU created
trail-sku-changed = SKU changed

api-method-prod-add-or-edit = Adds or changes products. A new product needs code, name, category and price; a change needs the id and what differs. Products are matched with base products on arrival; what does not match goes to an auditor
api-method-prod-list-get = Reads back products as applied, by update time if you like; following the cursor misses nothing
api-method-prod-shelf-update = Lists or unlists many products. For products in audit the wish is kept and happens on approval; what a person unlisted is never listed again by the interface
api-method-sku-add-or-edit = Adds or changes SKUs. A new SKU needs prodId; a change needs the id and what differs
api-method-sku-list-get = Reads back SKUs, of one product if you like
api-method-sku-detail = Reads one SKU and its stock at every shop

api-field-prod-id = Unique id of the product; equals no other product's and no SKU's
api-field-erp-prod-code = Product code in the ERP
api-field-prod-name = Name (for medicines the generic name)
api-field-catalog-id = Its category of level three. A line whose category has not arrived is kept and applied when it does
api-field-prod-price = Default unit price, at most two decimals. SKUs without a price of their own have it
api-field-catalog-chain = Chain of categories, e.g. 11-1123-112366. The tree counts; a difference is told
api-field-brand = Brand
api-field-trade-name = Trade name (of a medicine)
api-field-spec = Specification, e.g. 0.25g×24粒/盒
api-field-unit = Unit of sale
api-field-manufacturer = Manufacturer (holder of the approval)
api-field-approval-no = Approval number
api-field-bar-code = Barcode. A wrong check digit is told; the barcode is kept as sent, but is not used for matching
api-field-base-prod-id = Code of the platform's base product. Linked directly; goes to a person when barcode or approval number contradict
api-field-album = Pictures, relative addresses, separated by commas
api-field-description = Description
api-field-shipping-place = Ships from
api-field-origin-place = Origin
api-field-gross-weight = Gross weight in kilograms, at most two decimals
api-field-supplier = Supplier
api-field-enable = 1 enabled, 0 disabled; enabled when absent
api-field-default-sku-id = Id of the new product's default SKU; "<product id>-1" when absent
api-field-prod-inventory = Stock at the default shop; 0 when absent
api-field-if-version = Write only if the current version is this one; 0 means it must be new
api-field-sku-id = Unique id of the SKU; equals no product's
api-field-sku-prod-id = Its product; cannot change later
api-field-sku-code = The merchant's code of the SKU
api-field-sku-pic = Main picture, relative address
api-field-sku-attr = Attributes, e.g. [{"{"}"name": "size", "value": "1"{"}"}], as JSON or JSON text
api-field-sku-price = Unit price; the product's default price when absent
api-field-cost-price = Purchase price; never shown to buyers or other merchants
api-field-retail-price = Suggested retail price
api-field-vip-price = Member price (all shops)
api-field-reference-price = Market reference price
api-field-listed = 1 list, 0 unlist
api-field-start-update-time = Only what was updated since
api-field-end-update-time = Only what was updated until
api-field-page-num = Which page, from 1
api-field-page-size = Rows a page, at most 200
api-field-cursor = The cursor the page before returned; pageNum is then ignored and nothing is counted
api-field-filter-prod-id = Only the SKUs of this product
api-field-detail-shop-id = Shop; when absent the default shop, with all shops in "shops"
