//! Every way a request can fail, and the one table of open-platform codes.
//!
//! Use [`Error::NotFound`] for anything the asker may not see (a stranger's row is not found, never forbidden),
//! [`Error::Invalid`] for a form to show again, [`Error::Call`] for what an ERP's programmer must read,
//! and [`Error::Broken`] for our own faults: its cause is logged once and never sent.

use crate::form::Form;
use crate::text::Text;
use actix_web::http::StatusCode;
use diesel::result::{DatabaseErrorKind, Error as Sql};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not found")]
    NotFound,
    #[error("nobody is logged in")]
    LoggedOut,
    #[error("forbidden: {}", .0.key())]
    Forbidden(Text),
    #[error("conflict: {}", .0.key())]
    Conflict(Text),
    #[error("invalid input")]
    Invalid(Box<Form>),
    #[error("call refused: {0:?}")]
    Call(Code, Text),
    #[error("too many requests")]
    TooMany { retry_after: u64, limit: i32 },
    #[error("busy")]
    Busy,
    #[error("broken: {0}")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $wire:literal $status:literal)*) => {
        /// What the open platform answers when a call as a whole is refused. The HTTP status is honest; the envelope's
        /// `code` mirrors it and `error` carries the name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name,)* }
        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            pub fn wire(self) -> &'static str { match self { $(Code::$name => $wire,)* } }
            pub fn status(self) -> StatusCode {
                let number: u16 = match self { $(Code::$name => $status,)* };
                StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    };
}
codes! {
    /// The body is not JSON, or holds a NUL or a lone surrogate.
    BadJson "BAD_JSON" 400
    /// The JSON is neither an object, an array nor an envelope with `lines`.
    BadShape "BAD_SHAPE" 400
    /// A parameter of a query is missing or wrong.
    BadField "BAD_FIELD" 422
    /// No line, or more than 1,000.
    BadCount "BAD_COUNT" 422
    /// More than 10 MB.
    TooLarge "TOO_LARGE" 413
    /// An X-… header of the signature is missing or malformed.
    BadHeaders "BAD_HEADERS" 401
    /// Unknown, revoked or expired app key, or a signature that does not fit.
    BadSignature "BAD_SIGNATURE" 401
    /// The timestamp is more than 5 minutes away from our clock.
    OldTimestamp "OLD_TIMESTAMP" 401
    /// The nonce was used before.
    Replayed "REPLAYED" 401
    /// The caller's address is not on the credential's list.
    BadAddress "BAD_ADDRESS" 403
    /// The credential lacks the module's scope.
    OutOfScope "OUT_OF_SCOPE" 403
    /// The idempotency key was used with another body.
    KeyReused "KEY_REUSED" 409
    /// The platform's credential does not say which merchant it calls for.
    NoMerchant "NO_MERCHANT" 400
    /// A change by so much needs an idempotency key.
    KeyMissing "KEY_MISSING" 422
    /// There is no such method.
    NoMethod "NO_METHOD" 404
    /// The named row does not exist.
    NotFound "NOT_FOUND" 404
    /// The body or the connection ended too early.
    CutShort "CUT_SHORT" 400
}

impl Error {
    pub fn status(&self) -> StatusCode {
        match self {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::LoggedOut => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Call(code, _) => code.status(),
            Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Error::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What to tell the person or programmer who asked.
    pub fn text(&self) -> Text {
        match self {
            Error::NotFound => Text::new("error-not-found"),
            Error::LoggedOut => Text::new("error-logged-out"),
            Error::Forbidden(text) | Error::Conflict(text) | Error::Call(_, text) => text.clone(),
            Error::Invalid(_) => Text::new("error-invalid"),
            Error::TooMany { retry_after, limit } => {
                Text::new("error-too-many").with(*limit).with(i64::try_from(*retry_after).unwrap_or(60))
            }
            Error::Busy => Text::new("error-busy"),
            Error::Broken(_) => Text::new("error-broken"),
        }
    }

    /// The symbolic name in the open platform's envelope.
    pub fn wire(&self) -> &'static str {
        match self {
            Error::NotFound => Code::NotFound.wire(),
            Error::LoggedOut => "LOGGED_OUT",
            Error::Forbidden(_) => "FORBIDDEN",
            Error::Conflict(_) => "CONFLICT",
            Error::Invalid(_) => "INVALID",
            Error::Call(code, _) => code.wire(),
            Error::TooMany { .. } => "TOO_MANY",
            Error::Busy => "BUSY",
            Error::Broken(_) => "BROKEN",
        }
    }

    pub fn broken(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::Broken(cause.into())
    }
    pub fn invalid(form: Form) -> Self {
        Error::Invalid(Box::new(form))
    }
}

impl From<Sql> for Error {
    fn from(e: Sql) -> Self {
        match e {
            Sql::NotFound => Error::NotFound,
            Sql::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Error::Conflict(Text::new("error-exists")),
            Sql::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction, _) => Error::Busy,
            // Disk full, shutting down, out of connections, lock time-out: refused now, welcome again in a moment.
            Sql::DatabaseError(_, ref info) if is_passing(info.message()) => Error::Busy,
            other => Error::broken(other),
        }
    }
}

/// Diesel does not carry the SQLSTATE, so the server's (English, `lc_messages=C`) sentence decides.
fn is_passing(message: &str) -> bool {
    const PASSING: [&str; 9] = [
        "No space left on device",
        // A disk that fills up within a page says how far it came instead.
        "could not extend file",
        "could not write to file",
        "terminating connection",
        "the database system is",
        "server closed the connection",
        "canceling statement due to lock timeout",
        "deadlock detected",
        "no connection to the server",
    ];
    PASSING.iter().any(|sign| message.contains(sign))
}
