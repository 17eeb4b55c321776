# Matching: fields and verdicts
products-match-field-barcode = Barcode
products-match-field-approval-no = Approval number
products-match-field-name = Name
products-match-field-spec = Specification
products-match-field-pack = Pack
products-match-field-manufacturer = Manufacturer
products-match-field-dosage-form = Dosage form
products-match-same = Same
products-match-spelled-differently = Spelled differently
products-match-converts-equal = Converts to the same
products-match-different = Different
products-match-missing-here = Missing here
products-match-missing-there = Not given
products-match-missing-both = Neither given

# Matching: why a person is asked
products-match-why-explicit-unknown = The base product the merchant named does not exist; choose the right one
products-match-why-explicit-disagrees = The base product the merchant named is contradicted by other fields; please confirm
products-match-why-keys-disagree = Barcode and approval number point to different base products; confirm which
products-match-why-several-fit = Several base products fit equally; choose one
products-match-why-carton-barcode = The barcode is that of a carton; confirm the unit that is sold
products-match-why-barcode-differs = The barcode differs from the candidate's; confirm that it is the same product
products-match-why-approval-differs = The approval number differs from the candidate's; confirm that it is the same product
products-match-why-approval-unconfirmed = The candidate has no approval number to confirm the merchant's
products-match-why-spec-differs = The specification differs; probably another pack
products-match-why-spec-incomplete = One side's specification is incomplete; the pack cannot be determined
products-match-why-spec-to-confirm = The specifications come to the same, but no number vouches for it; please confirm
products-match-why-name-differs = The name differs from the candidate's; confirm that it is the same product
products-match-why-dosage-form-differs = The dosage form differs; probably another product
products-match-why-variant-differs = One side is a variant (sugar-free, film-coated, for children …); please confirm
products-match-why-trade-name-differs = The trade name differs from the candidate's; please confirm
products-match-why-manufacturer-differs = The manufacturer differs; confirm whether it is the same company or was renamed
products-match-why-manufacturer-missing = One side does not name the manufacturer; it cannot be determined
products-match-why-not-enough = Alike, but no key determines it
