//! Pennywort, an online garden shop that does not exist: its teams, its services and its people.

use crate::calendar::{HOUR, Instant, MINUTE, london};

pub struct Team {
    pub name: &'static str,
    pub maturity: &'static str,
    pub people: &'static [&'static str],
    pub target_deployments_per_week: i64,
    pub target_change_fail_ratio: &'static str,
    pub target_lead_time_s: i64,
    pub target_recovery_s: i64,
    /// Typical time from the first commit of a change to its merge, in working hours.
    pub coding_s: i64,
    /// Typical time to recover, before the stories change it.
    pub recovery_s: i64,
}

pub struct Service {
    pub name: &'static str,
    pub team: &'static Team,
    pub domain: &'static str,
    pub tier: i64,
    pub data_sensitivity: &'static str,
    pub is_customer_facing: bool,
    pub valid_from: Instant,
    pub strategy: &'static str,
    /// Planned production releases in an ordinary week.
    pub releases_per_week: f64,
    pub first_version: i64,
    /// What its incidents are called.
    pub symptoms: [&'static str; 3],
}

pub const PAYMENTS: Team = Team {
    name: "payments",
    maturity: "established",
    people: &["Amara", "Bruno", "Chiara", "Declan", "Esther", "Farid", "Greta"],
    target_deployments_per_week: 8,
    target_change_fail_ratio: "0.05",
    target_lead_time_s: 48 * HOUR,
    target_recovery_s: 2 * HOUR,
    coding_s: 5 * HOUR,
    recovery_s: 110 * MINUTE,
};

pub const STOREFRONT: Team = Team {
    name: "storefront",
    maturity: "leading",
    people: &["Hana", "Idris", "Jonas", "Katya", "Luca", "Maeve", "Nikhil", "Olive"],
    target_deployments_per_week: 12,
    target_change_fail_ratio: "0.1",
    target_lead_time_s: 24 * HOUR,
    target_recovery_s: HOUR,
    coding_s: 2 * HOUR,
    recovery_s: 80 * MINUTE,
};

pub const PLATFORM: Team = Team {
    name: "platform",
    maturity: "growing",
    people: &["Pilar", "Quentin", "Rosa", "Stefan", "Tamsin", "Umar"],
    target_deployments_per_week: 6,
    target_change_fail_ratio: "0.1",
    target_lead_time_s: 72 * HOUR,
    target_recovery_s: HOUR,
    coding_s: 7 * HOUR,
    recovery_s: 4 * HOUR,
};

pub const DATA: Team = Team {
    name: "data",
    maturity: "growing",
    people: &["Vera", "Wendell", "Xenia", "Yusuf", "Zofia"],
    target_deployments_per_week: 2,
    target_change_fail_ratio: "0.15",
    target_lead_time_s: 72 * HOUR,
    target_recovery_s: 4 * HOUR,
    coding_s: 6 * HOUR,
    recovery_s: 150 * MINUTE,
};

pub const TEAMS: [&Team; 4] = [&DATA, &PAYMENTS, &PLATFORM, &STOREFRONT];
pub const SECURITY_REVIEWERS: [&str; 2] = ["Ayo", "Birgit"];
pub const CHANGE_BOARD: [&str; 3] = ["Colm", "Dagny", "Emeka"];
pub const PIPELINE: &str = "pipeline";

/// A database and the two services that share it; every service has a cluster of its own besides.
pub const SHARED: [(&str, [&str; 2]); 3] = [
    ("account-db", ["checkout", "identity"]),
    ("money-db", ["billing", "payment-gateway"]),
    ("shop-db", ["catalogue", "search"]),
];

/// A service and one that it needs.
pub const DEPENDENCIES: [(&str, &str); 12] = [
    ("api-gateway", "identity"),
    ("billing", "payment-gateway"),
    ("checkout", "identity"),
    ("checkout", "payment-gateway"),
    ("ledger-export", "billing"),
    ("recommendations", "catalogue"),
    ("refunds", "payment-gateway"),
    ("search", "catalogue"),
    ("web-shop", "api-gateway"),
    ("web-shop", "catalogue"),
    ("web-shop", "recommendations"),
    ("web-shop", "search"),
];

pub const SERVICES: [Service; 12] = [
    Service {
        name: "api-gateway",
        team: &PLATFORM,
        domain: "infrastructure",
        tier: 2,
        data_sensitivity: "internal",
        is_customer_facing: false,
        valid_from: london(2021, 2, 1, 0, 0),
        strategy: "blue_green",
        releases_per_week: 2.2,
        first_version: 31,
        symptoms: ["Gateway timeouts", "Requests routed to the wrong service", "Rate limits applied to everybody"],
    },
    Service {
        name: "billing",
        team: &PAYMENTS,
        domain: "money",
        tier: 2,
        data_sensitivity: "confidential",
        is_customer_facing: true,
        valid_from: london(2020, 6, 1, 0, 0),
        strategy: "rolling",
        releases_per_week: 2.7,
        first_version: 64,
        symptoms: ["Invoices show the wrong total", "Invoice job stuck", "Duplicate invoices sent"],
    },
    Service {
        name: "catalogue",
        team: &STOREFRONT,
        domain: "shop",
        tier: 3,
        data_sensitivity: "public",
        is_customer_facing: true,
        valid_from: london(2019, 9, 2, 0, 0),
        strategy: "rolling",
        releases_per_week: 1.9,
        first_version: 88,
        symptoms: ["Plants shown as sold out", "Product pictures missing", "Prices out of date"],
    },
    Service {
        name: "checkout",
        team: &STOREFRONT,
        domain: "shop",
        tier: 1,
        data_sensitivity: "confidential",
        is_customer_facing: true,
        valid_from: london(2019, 9, 2, 0, 0),
        strategy: "canary",
        releases_per_week: 3.4,
        first_version: 112,
        symptoms: ["Checkout errors", "Baskets emptied at payment", "Delivery slots cannot be chosen"],
    },
    Service {
        name: "identity",
        team: &PLATFORM,
        domain: "infrastructure",
        tier: 1,
        data_sensitivity: "restricted",
        is_customer_facing: true,
        valid_from: london(2021, 2, 1, 0, 0),
        strategy: "blue_green",
        releases_per_week: 2.1,
        first_version: 17,
        symptoms: ["Customers cannot sign in", "Sessions expire at once", "Password mails delayed"],
    },
    Service {
        name: "ledger-export",
        team: &DATA,
        domain: "money",
        tier: 3,
        data_sensitivity: "confidential",
        is_customer_facing: false,
        valid_from: london(2022, 4, 4, 0, 0),
        strategy: "recreate",
        releases_per_week: 0.5,
        first_version: 9,
        symptoms: ["Ledger file incomplete", "Ledger export late", "Ledger export rejected by the bank"],
    },
    Service {
        name: "notifications",
        team: &PLATFORM,
        domain: "infrastructure",
        tier: 3,
        data_sensitivity: "internal",
        is_customer_facing: true,
        valid_from: london(2021, 2, 1, 0, 0),
        strategy: "rolling",
        releases_per_week: 1.9,
        first_version: 40,
        symptoms: ["Order mails not sent", "Mails sent twice", "Text messages delayed"],
    },
    Service {
        name: "payment-gateway",
        team: &PAYMENTS,
        domain: "money",
        tier: 1,
        data_sensitivity: "restricted",
        is_customer_facing: true,
        valid_from: london(2020, 6, 1, 0, 0),
        strategy: "canary",
        releases_per_week: 3.0,
        first_version: 73,
        symptoms: ["Card payments declined", "Payments time out", "Payment callbacks lost"],
    },
    Service {
        name: "recommendations",
        team: &DATA,
        domain: "shop",
        tier: 3,
        data_sensitivity: "internal",
        is_customer_facing: true,
        valid_from: london(2022, 4, 4, 0, 0),
        strategy: "recreate",
        releases_per_week: 2.2,
        first_version: 26,
        symptoms: ["Recommendations empty", "Recommendations slow", "Out of season plants recommended"],
    },
    Service {
        name: "refunds",
        team: &PAYMENTS,
        domain: "money",
        tier: 2,
        data_sensitivity: "confidential",
        is_customer_facing: true,
        valid_from: london(2023, 1, 9, 0, 0),
        strategy: "rolling",
        releases_per_week: 2.0,
        first_version: 22,
        symptoms: ["Refunds not paid out", "Refund form fails", "Refunds paid twice"],
    },
    Service {
        name: "search",
        team: &STOREFRONT,
        domain: "shop",
        tier: 2,
        data_sensitivity: "public",
        is_customer_facing: true,
        valid_from: london(2020, 3, 2, 0, 0),
        strategy: "rolling",
        releases_per_week: 2.2,
        first_version: 51,
        symptoms: ["Search slow", "Search finds nothing", "Search index out of date"],
    },
    Service {
        name: "web-shop",
        team: &STOREFRONT,
        domain: "shop",
        tier: 2,
        data_sensitivity: "public",
        is_customer_facing: true,
        valid_from: london(2019, 9, 2, 0, 0),
        strategy: "blue_green",
        releases_per_week: 3.1,
        first_version: 140,
        symptoms: ["Home page errors", "Shop slow on phones", "Menu missing"],
    },
];
