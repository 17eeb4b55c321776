//! How a product without a picture looks: a drawing of its package, in a colour of its own.

const HUES: [&str; 8] = ["blue", "green", "red", "amber", "violet", "teal", "slate", "pink"];

/// What its name or pack says it comes in, in the order in which the words decide.
const KINDS: [(&str, &[&str]); 5] = [
    ("syringe", &["注射", "针剂", "输液", "疫苗", "syringe", "injection"]),
    ("mask", &["口罩", "敷料", "纱布", "绷带", "创可贴", "mask"]),
    ("bottle", &["口服液", "糖浆", "滴眼", "喷雾", "溶液", "酒精", "洗", "瓶", "ml", "syrup", "bottle"]),
    ("sachet", &["颗粒", "散", "冲剂", "袋", "茶", "sachet"]),
    ("blister", &["片", "胶囊", "丸", "板", "tablet", "capsule"]),
];

/// The kind and the hue of its drawing; the same name always looks the same.
pub fn of(name: &str, spec: &str) -> (&'static str, &'static str) {
    let text = format!("{name} {spec}").to_lowercase();
    // Capsules and unmarked tablets come in boxes as often as in blisters: the hash gives a list some variety.
    let sum = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let kind = KINDS.iter().find(|(_, words)| words.iter().any(|w| text.contains(w))).map_or("box", |(kind, _)| *kind);
    let kind = if kind == "blister" && sum % 3 == 0 { "box" } else { kind };
    let hue = HUES.get(usize::try_from(sum >> 8).unwrap_or_default() % HUES.len()).copied().unwrap_or("blue");
    (kind, hue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_looks_like_its_package_and_always_the_same() {
        assert_eq!(of("蒙脱石散", "3g×10袋/盒").0, "sachet");
        assert_eq!(of("葡萄糖注射液", "100ml").0, "syringe");
        assert_eq!(of("盐酸二甲双胍片", "0.5g×30片/瓶").0, "bottle");
        assert_eq!(of("苹果", ""), of("苹果", ""));
        assert_eq!(of("苹果", "").0, "box");
    }
}
