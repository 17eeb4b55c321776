//! How alike two names of firms are: for suggestions to a person, never for a match (U-05).
//!
//! What every firm of the trade has in its name (公司, 大药房, 市) says little; what is left says who it is.

use crate::catalog::keys::text_key;
use std::collections::HashSet;

/// Words that tell nobody apart, longest first.
const COMMON: [&str; 32] = [
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "服务中心",
    "自治区",
    "自治州",
    "自治县",
    "大药房",
    "卫生院",
    "卫生室",
    "卫生站",
    "门诊部",
    "总公司",
    "分公司",
    "诊所",
    "医院",
    "药房",
    "药店",
    "药业",
    "医药",
    "连锁",
    "公司",
    "总店",
    "分店",
    "集团",
    "地区",
    "省",
    "市",
    "区",
    "县",
    "镇",
    "旗",
];

/// A character no name has, where something common stood.
const GAP: char = '\u{1}';

/// The pairs of characters that tell a firm from others; of a name made of common words alone, all of its pairs.
#[must_use]
pub fn telling_pairs(name: &str) -> Vec<String> {
    let key = text_key(name);
    let rest = COMMON.iter().fold(key.clone(), |rest, word| rest.replace(word, &GAP.to_string()));
    let found = pairs(&rest);
    if found.is_empty() { pairs(&key) } else { found }
}

/// Pairs of neighbours in order, each once; a character alone between gaps counts as well.
fn pairs(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for run in text.split(GAP) {
        let chars: Vec<char> = run.chars().collect();
        let pieces: Vec<String> =
            if chars.len() == 1 { vec![run.to_owned()] } else { chars.windows(2).map(|pair| pair.iter().collect()).collect() };
        for piece in pieces {
            if !found.contains(&piece) {
                found.push(piece);
            }
        }
    }
    found
}

/// From 0 (nothing in common) to 100 (the same name, however it is written).
#[must_use]
pub fn of(ours: &str, theirs: &str) -> u8 {
    let (a, b) = (text_key(ours), text_key(theirs));
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    if a == b {
        return 100;
    }
    let told = shared(&telling_pairs(ours), &telling_pairs(theirs));
    let whole = shared(&pairs(&a), &pairs(&b));
    u8::try_from((told * 7 + whole * 3) / 10).unwrap_or(99).min(99)
}

/// Twice the pairs both have over the pairs of either, of a hundred.
fn shared(a: &[String], b: &[String]) -> usize {
    let known: HashSet<&String> = a.iter().collect();
    let both = b.iter().filter(|pair| known.contains(pair)).count();
    200 * both / (a.len() + b.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_a_firm_counts_more_than_what_all_have() {
        let name = "长春市长春汽车经济技术开发区福寿大药房连锁有限公司";
        assert_eq!(of(name, "长春市长春汽车经济技术开发区福寿大药房连锁有限公司 "), 100);
        assert!(of(name, "长春市长春汽车经济技术开发区福寿大药房连锁公司") > 90);
        assert!(of("烟台市蓬莱区百姓卫生院", "烟台市蓬莱区百姓诊所") > 60);
        assert!(of("烟台市蓬莱区百姓卫生院", "菏泽市单县益寿卫生院") < 30);
        assert_eq!(of("", "有限公司"), 0);
    }

    #[test]
    fn common_words_are_left_out_unless_there_is_nothing_else() {
        assert_eq!(telling_pairs("泰安市肥城市济世大药房"), ["泰安", "肥城", "济世"]);
        assert_eq!(telling_pairs("大药房"), ["大药", "药房"]);
        assert_eq!(telling_pairs(""), Vec::<String>::new());
    }
}
