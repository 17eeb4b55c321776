//! Who is asking.

use crate::ids::{MerchantId, UserId};
use crate::text::{Lang, Text};
use crate::trail::{Cause, Kind};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The five roles of the back office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Staff,
    Integrator,
    Owner,
    Auditor,
    Admin,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Staff, Role::Integrator, Role::Owner, Role::Auditor, Role::Admin];
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Staff => "staff",
            Role::Integrator => "integrator",
            Role::Owner => "owner",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == name)
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Role::Staff => "role-staff",
            Role::Integrator => "role-integrator",
            Role::Owner => "role-owner",
            Role::Auditor => "role-auditor",
            Role::Admin => "role-admin",
        }
    }
    pub fn is_platform(self) -> bool {
        matches!(self, Role::Auditor | Role::Admin)
    }
}

/// What somebody may do. Reading one's own merchant needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    EditStock,
    EditProducts,
    EditListing,
    EditPrices,
    /// Orders, shipments, and which customer is which.
    EditOrders,
    /// Credentials and their secrets.
    ManageKeys,
    ManageUsers,
    /// The rules and shops of one's own merchant.
    ManageSettings,
    /// The audit queue, its decisions, and the base catalogue.
    Audit,
    /// Merging and disabling base products, the block list, taking aliases back.
    ManageCatalogue,
    ManageMerchants,
}

impl Permission {
    /// Those a staff member can be given one by one.
    pub const GRANTED: [Permission; 5] =
        [Permission::EditStock, Permission::EditProducts, Permission::EditListing, Permission::EditPrices, Permission::EditOrders];
    pub fn as_str(self) -> &'static str {
        match self {
            Permission::EditStock => "stock",
            Permission::EditProducts => "products",
            Permission::EditListing => "listing",
            Permission::EditPrices => "prices",
            Permission::EditOrders => "orders",
            Permission::ManageKeys => "keys",
            Permission::ManageUsers => "users",
            Permission::ManageSettings => "settings",
            Permission::Audit => "audit",
            Permission::ManageCatalogue => "catalogue",
            Permission::ManageMerchants => "merchants",
        }
    }
}

/// Somebody who is logged in.
#[derive(Clone, Debug)]
pub struct Person {
    pub user: UserId,
    pub name: String,
    pub login: String,
    pub role: Role,
    /// The platform for auditors and admins.
    pub merchant: MerchantId,
    pub merchant_name: String,
    /// Granted one by one (staff).
    pub permissions: Vec<String>,
    pub lang: Option<Lang>,
    pub csrf: String,
}

impl Person {
    pub fn may(&self, what: Permission) -> bool {
        match self.role {
            Role::Admin => {
                matches!(
                    what,
                    Permission::ManageUsers
                        | Permission::ManageKeys
                        | Permission::ManageCatalogue
                        | Permission::ManageMerchants
                        | Permission::Audit
                )
            }
            Role::Auditor => matches!(what, Permission::Audit),
            Role::Owner => !matches!(what, Permission::Audit | Permission::ManageCatalogue | Permission::ManageMerchants),
            Role::Integrator => {
                matches!(what, Permission::ManageKeys)
                    || (Permission::GRANTED.contains(&what) && self.permissions.iter().any(|p| p == what.as_str()))
            }
            Role::Staff => Permission::GRANTED.contains(&what) && self.permissions.iter().any(|p| p == what.as_str()),
        }
    }
}

/// The asker of a request to the back office.
#[derive(Clone, Debug, Default)]
pub enum Actor {
    #[default]
    Nobody,
    Person(Person),
}

/// A person at their place: whose rows they see, and the cause of whatever they change.
#[derive(Clone, Debug)]
pub struct Seat {
    pub person: Person,
    pub merchant: MerchantId,
    pub cause: Cause,
}

impl Actor {
    pub fn person(&self) -> Result<&Person> {
        match self {
            Actor::Person(person) => Ok(person),
            Actor::Nobody => Err(Error::LoggedOut),
        }
    }

    pub(super) fn seat(&self, now: DateTime<Utc>, request_id: Uuid) -> Result<Seat> {
        let person = self.person()?.clone();
        let cause = Cause {
            merchant: person.merchant,
            kind: Kind::Person,
            actor_id: Some(person.user.0),
            actor_name: person.name.clone(),
            now,
            request_id: Some(request_id),
            feed: None,
        };
        Ok(Seat { merchant: person.merchant, cause, person })
    }
}

impl Seat {
    /// # Errors
    /// `Forbidden`, naming what is missing and who can grant it.
    pub fn may(self, what: Permission) -> Result<Self> {
        if self.person.may(what) { Ok(self) } else { Err(Error::Forbidden(Text::new("error-forbidden"))) }
    }
}
