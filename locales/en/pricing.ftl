line-overlap = { $a } would be valid { $b }, which overlaps { $c }. Shorten one of the two, or withdraw one first
line-bad-span = { $a } ends at { $b }, not after it begins at { $c }. The end itself is not included; change it and send again
line-below-cost = { $a } at { $b } is below cost. It was taken; make sure that it is meant
line-cost-above-price = { $a }: the cost { $b } is above the default price { $c }. It was taken; make sure which of the two is wrong
line-below-floor = { $a } at { $b } is below the limit of { $c }. Raise it, or change the limit first
line-unknown-region-group = { $a }: there is no region group { $b }. Make it, or say which of ours it means, and the line comes in by itself
line-unknown-customer-group = { $a }: there is no customer group { $b }. Make it, or say which of ours it means, and the line comes in by itself
line-shops-differ = { $a } says { $b }, and shop { $c } says { $d }. Members pay one price in all shops here, and the last one counts; switch to prices per shop if they should differ
