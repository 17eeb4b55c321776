//! What every page shows around its own content.

use crate::text::{Lang, Text};

#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub lang: Lang,
    /// `light`, `dark` or `auto`, from a cookie, so that the first paint is right.
    pub theme: &'static str,
    /// `compact`, `default` or `cozy`.
    pub density: &'static str,
    pub path: String,
    /// The css hook of the page and the id of its navigation item.
    pub page: &'static str,
    /// The platform's shell (auditors, admins) rather than a merchant's.
    pub platform: bool,
    pub user: Option<FrameUser>,
    pub tenant: Option<FrameTenant>,
    pub nav: Vec<NavGroup>,
    pub csrf: String,
    pub request_id: String,
    pub notice: Option<Text>,
    pub dev: bool,
}

#[derive(Clone, Debug)]
pub struct FrameUser {
    pub name: String,
    pub initial: String,
    /// Text key.
    pub role: &'static str,
}

#[derive(Clone, Debug)]
pub struct FrameTenant {
    pub name: String,
    pub initial: String,
    pub note: Text,
}

#[derive(Clone, Debug)]
pub struct NavGroup {
    /// Text key.
    pub title: Option<&'static str>,
    pub items: Vec<NavItem>,
}

#[derive(Clone, Debug)]
pub struct NavItem {
    pub id: &'static str,
    pub href: &'static str,
    pub icon: &'static str,
    /// Text key.
    pub label: &'static str,
    pub count: Option<i64>,
    /// The count needs action.
    pub hot: bool,
    /// Stands in the bar at the bottom of a phone.
    pub in_reach: bool,
}

impl Frame {
    pub fn is(&self, id: &str) -> bool {
        self.page == id
    }
}

/// The character that stands for a name in its round badge.
pub(super) fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string()).unwrap_or_default()
}
