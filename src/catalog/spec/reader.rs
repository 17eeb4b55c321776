//! Reads a folded specification, character by character, into amounts, levels and notes.

use crate::catalog::keys::text_key;

use super::amount::{Amount, Kind};
use super::{Counted, Level, Spec};

const MEASURES: [(&str, Kind, i8); 29] = [
    ("万国际单位", Kind::Activity, 4),
    ("国际单位", Kind::Activity, 0),
    ("万单位", Kind::Activity, 4),
    ("单位", Kind::Activity, 0),
    ("万iu", Kind::Activity, 4),
    ("万u", Kind::Activity, 4),
    ("iu", Kind::Activity, 0),
    ("u", Kind::Activity, 0),
    ("毫克", Kind::Mass, -3),
    ("微克", Kind::Mass, -6),
    ("千克", Kind::Mass, 3),
    ("公斤", Kind::Mass, 3),
    ("克", Kind::Mass, 0),
    ("kg", Kind::Mass, 3),
    ("mg", Kind::Mass, -3),
    ("μg", Kind::Mass, -6),
    ("mcg", Kind::Mass, -6),
    ("ug", Kind::Mass, -6),
    ("ng", Kind::Mass, -9),
    ("g", Kind::Mass, 0),
    ("毫升", Kind::Volume, -3),
    ("升", Kind::Volume, 0),
    ("ml", Kind::Volume, -3),
    ("l", Kind::Volume, 0),
    ("%", Kind::Share, 0),
    ("cm", Kind::Length, -2),
    ("mm", Kind::Length, -3),
    ("厘米", Kind::Length, -2),
    ("m", Kind::Length, 0),
];

const COUNTS: [(&str, Counted); 40] = [
    ("s", Counted::Any),
    ("#", Counted::Any),
    ("片", Counted::Dose),
    ("粒", Counted::Dose),
    ("丸", Counted::Dose),
    ("枚", Counted::Dose),
    ("颗", Counted::Dose),
    ("锭", Counted::Dose),
    ("贴", Counted::Dose),
    ("张", Counted::Dose),
    ("块", Counted::Dose),
    ("个", Counted::Any),
    ("揿", Counted::Puff),
    ("喷", Counted::Puff),
    ("吸", Counted::Puff),
    ("泡", Counted::Puff),
    ("小袋", Counted::Vessel),
    ("安瓿", Counted::Vessel),
    ("支", Counted::Vessel),
    ("瓶", Counted::Vessel),
    ("袋", Counted::Vessel),
    ("包", Counted::Vessel),
    ("管", Counted::Vessel),
    ("小盒", Counted::Pack),
    ("中盒", Counted::Pack),
    ("盒", Counted::Pack),
    ("板", Counted::Pack),
    ("版", Counted::Pack),
    ("箱", Counted::Pack),
    ("罐", Counted::Vessel),
    ("听", Counted::Vessel),
    ("桶", Counted::Vessel),
    ("条", Counted::Pack),
    ("件", Counted::Pack),
    ("提", Counted::Pack),
    ("卷", Counted::Pack),
    ("排", Counted::Pack),
    ("套", Counted::Pack),
    ("tabs", Counted::Dose),
    ("caps", Counted::Dose),
];

/// Words that say nothing about the quantity: compound, approximately, origin of the goods.
const SILENT: [&str; 12] = ["复方", "约", "装", "重", "规格", "进口", "国产", "分装", "分包装", "含", "共", "净含量"];

/// One pass over the characters; never fails.
pub(super) struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    spec: Spec,
    mixed: bool,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn rest_starts(&self, word: &str) -> bool {
        word.chars().enumerate().all(|(i, c)| self.peek(i) == Some(c))
    }

    /// Reads figures and words; `None` for a text that describes two packs.
    pub(super) fn read(chars: &[char]) -> Option<Spec> {
        let mut reader = Reader { chars, at: 0, spec: Spec::default(), mixed: false };
        reader.run_through();
        (!reader.mixed).then_some(reader.spec)
    }

    fn run_through(&mut self) {
        while let Some(c) = self.peek(0) {
            match c {
                '(' => self.bracket(),
                '/' => self.slash(),
                '每' => self.basis(),
                'x' if self.at > 0 && self.peek(1).is_some_and(|c| c.is_ascii_digit()) => self.at += 1,
                '+' => {
                    self.mixed |= !self.spec.levels.is_empty();
                    self.at += 1;
                }
                c if c.is_ascii_digit() || self.is_point() => self.figure(),
                c if c.is_alphanumeric() || c == '%' || c == '#' => self.word(),
                _ => self.at += 1,
            }
        }
    }

    /// A bracket with nothing but figures is read as if it were open; any other is a note.
    fn bracket(&mut self) {
        let mut depth = 0_usize;
        let mut content = Vec::new();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                break;
            }
            content.push(c);
        }
        let content = content.get(1..).unwrap_or_default();
        match Reader::read(content).filter(|inner| inner.notes.is_empty()) {
            Some(mut inner) => {
                self.spec.amounts.append(&mut inner.amounts);
                self.spec.levels.append(&mut inner.levels);
                self.spec.holders.append(&mut inner.holders);
            }
            None => self.note(&content.iter().collect::<String>()),
        }
    }

    /// `/盒` names a holder, `/ml` makes a concentration, `/片` says what the amount belongs to, `/2` separates.
    fn slash(&mut self) {
        self.at += 1;
        if let Some((word, _)) = self.count_word() {
            self.at += word.chars().count();
            if !matches!(word, "片" | "粒" | "丸" | "s" | "枚" | "揿" | "喷" | "板" | "版" | "小盒") {
                self.spec.holders.push(word.to_owned());
            }
            return;
        }
        if self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
            return;
        }
        if let Some((word, _, _)) = self.measure_word()
            && let Some(last) = self.spec.amounts.last_mut()
        {
            last.per = match word {
                "毫升" => "ml",
                "克" => "g",
                other => other,
            };
            self.at += word.chars().count();
        }
    }

    /// `每粒装0.6g`, `每10丸重1.5g`: what follows is per so many units.
    fn basis(&mut self) {
        let start = self.at;
        self.at += 1;
        let digits = self.digits();
        let unit = self.count_word().map(|(word, _)| word.chars().count());
        self.at += unit.unwrap_or_default();
        for lead in ["相当于原生药", "相当于", "装", "重", "含"] {
            if self.rest_starts(lead) {
                self.at += lead.chars().count();
                break;
            }
        }
        if unit.is_none() || !self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
            self.at = start;
            self.word();
            return;
        }
        // A weight per ten pills is an average; divided it would pass for the weight of one, so it stays a note.
        if !matches!(digits.as_str(), "" | "1") {
            self.note(&format!("per{digits}"));
        }
    }

    /// `.25g` for `0.25g`.
    fn is_point(&self) -> bool {
        self.peek(0) == Some('.') && self.peek(1).is_some_and(|c| c.is_ascii_digit())
    }

    fn digits(&mut self) -> String {
        let mut digits = String::new();
        while let Some(c) = self.peek(0) {
            let grouping = c == ',' && (1..=3).contains(&digits.len()) && self.is_thousand();
            if !(c.is_ascii_digit() || c == '.' || grouping) {
                break;
            }
            if !grouping {
                digits.push(c);
            }
            self.at += 1;
        }
        digits
    }

    /// Three digits and no fourth behind a comma.
    fn is_thousand(&self) -> bool {
        let digit = |i| self.peek(i).is_some_and(|c| c.is_ascii_digit());
        digit(1) && digit(2) && digit(3) && !digit(4)
    }

    fn figure(&mut self) {
        let digits = self.digits();
        if let Some((word, kind, exp)) = self.measure_word() {
            self.at += word.chars().count();
            return match Amount::new(kind, &digits, exp) {
                Some(amount) => self.amount(amount, exp),
                None => self.note(&format!("{digits}{word}")),
            };
        }
        let counted = self.count_word();
        let word = counted.map_or("", |(word, _)| word);
        let count = digits.parse::<u64>().ok().filter(|n| *n > 0);
        let loose = counted.is_none() && self.peek(0).is_some_and(|c| c.is_alphabetic() || c == ':');
        match count {
            Some(count) if !loose => {
                self.at += word.chars().count();
                let counted = counted.map_or(Counted::Any, |(_, counted)| counted);
                self.spec.levels.push(Level { count, counted, word: word.to_owned() });
            }
            _ => match Amount::new(Kind::Bare, &digits, 0).filter(|_| self.peek(0).is_none_or(|c| !c.is_alphabetic())) {
                Some(amount) => self.spec.amounts.push(amount),
                None => {
                    let word = self.run();
                    self.note(&format!("{digits}{word}"));
                }
            },
        }
    }

    fn amount(&mut self, amount: Amount, exp: i8) {
        // `10*7cm`: the figure before the sign is a length too.
        let bare = self.spec.levels.last().filter(|l| amount.kind == Kind::Length && l.word.is_empty());
        if let Some(other) = bare.and_then(|l| Amount::scaled(Kind::Length, l.count, exp)) {
            self.spec.levels.pop();
            self.spec.amounts.push(other);
        }
        self.spec.amounts.push(amount);
    }

    fn word(&mut self) {
        if let Some((word, counted)) = self.count_word() {
            self.at += word.chars().count();
            if matches!(counted, Counted::Vessel | Counted::Pack) {
                self.spec.holders.push(word.to_owned());
            }
            return;
        }
        let word = self.run();
        if !SILENT.contains(&word.as_str()) {
            self.note(&word);
        }
    }

    fn run(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) =
            self.peek(0).filter(|c| !c.is_ascii_digit() && !matches!(c, '(' | ')' | '*' | ':' | ';' | ',' | '/' | '+' | '、'))
        {
            word.push(c);
            self.at += 1;
        }
        word
    }

    fn note(&mut self, note: &str) {
        let key = text_key(note);
        if !key.is_empty() && !SILENT.contains(&key.as_str()) {
            self.spec.notes.push(key);
        }
    }

    fn measure_word(&self) -> Option<(&'static str, Kind, i8)> {
        MEASURES.iter().find(|(word, _, _)| self.rest_starts(word) && self.ends(word)).cloned()
    }

    fn count_word(&self) -> Option<(&'static str, Counted)> {
        COUNTS.iter().find(|(word, _)| self.rest_starts(word) && self.ends(word)).copied()
    }

    /// A Latin unit ends where the letters end (`mg` is not `m` and `g`), except at a sign for "times" (`gx24`).
    fn ends(&self, word: &str) -> bool {
        let after = word.chars().count();
        if !word.ends_with(|c: char| c.is_ascii_alphabetic()) {
            return true;
        }
        match self.peek(after) {
            Some('x') => self.peek(after + 1).is_some_and(|c| c.is_ascii_digit()),
            Some(c) => !c.is_ascii_alphabetic(),
            None => true,
        }
    }
}
