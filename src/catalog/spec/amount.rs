//! Amounts: exact powers of ten, so that `0.25g` and `250mg` are one value and no rounding can merge two.

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Mass,
    Activity,
    Share,
    Length,
    Bare,
    Volume,
}

/// `mantissa × 10^exp` of the base unit (g, l, IU, %, m), exact and without trailing zeros.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Amount {
    pub(super) kind: Kind,
    /// Per ml, per g …: a concentration.
    pub(super) per: &'static str,
    mantissa: u64,
    exp: i8,
}

impl Amount {
    /// Reads decimal digits; `None` when they do not fit (then the text is kept as a note).
    pub(super) fn new(kind: Kind, digits: &str, exp: i8) -> Option<Self> {
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if part.contains('.') {
            return None;
        }
        let mantissa: u64 = format!("{whole}{part}").parse().ok()?;
        let exp = exp.checked_sub(i8::try_from(part.len()).ok()?)?;
        Self::scaled(kind, mantissa, exp)
    }

    /// Normalises `mantissa × 10^exp`.
    pub(super) fn scaled(kind: Kind, mut mantissa: u64, mut exp: i8) -> Option<Self> {
        if mantissa == 0 {
            exp = 0;
        }
        while mantissa != 0 && mantissa.is_multiple_of(10) {
            mantissa /= 10;
            exp = exp.checked_add(1)?;
        }
        (exp.abs() < 20).then_some(Self { kind, per: "", mantissa, exp })
    }
}

impl std::fmt::Display for Amount {
    /// In the unit labels use: g from 0.1 g, mg from 1 mg, else μg; ml below a litre.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.mantissa.to_string();
        // How many digits stand before the point, in the base unit.
        let size = i32::try_from(digits.len()).unwrap_or(i32::MAX).saturating_add(i32::from(self.exp));
        let (unit, unit_exp) = match self.kind {
            Kind::Mass if size >= 0 => ("g", 0),
            Kind::Mass if size >= -2 => ("mg", -3),
            Kind::Mass => ("μg", -6),
            Kind::Volume if size > 0 => ("l", 0),
            Kind::Volume => ("ml", -3),
            Kind::Activity => ("IU", 0),
            Kind::Share => ("%", 0),
            Kind::Length => ("cm", -2),
            Kind::Bare => ("", 0),
        };
        let shift = i32::from(self.exp) - unit_exp;
        if let Ok(zeros) = usize::try_from(shift) {
            write!(f, "{digits}{}", "0".repeat(zeros))?;
        } else {
            let places = usize::try_from(-shift).unwrap_or_default();
            let padded = format!("{digits:0>width$}", width = places + 1);
            let (whole, part) = padded.split_at_checked(padded.len() - places).unwrap_or((&padded, ""));
            write!(f, "{whole}.{part}")?;
        }
        f.write_str(unit)?;
        if self.per.is_empty() { Ok(()) } else { write!(f, "/{}", self.per) }
    }
}
