//! Random lines of `gt-audit simulate`, from so small an alphabet that coincidences are frequent.
//!
//! A line comes of one number, its seed, so proptest has nothing to shrink: `laws` takes away from the JSON instead.

use std::collections::BTreeSet;
use std::env;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

const HERE: &str = "111111111111";
const THERE: &str = "222222222222";

/// Who may ask: the principal, and the `aws:PrincipalArn` that a request of theirs has.
const REQUESTERS: [(&str, Option<&str>); 12] = [
    ("arn:aws:sts::111111111111:assumed-role/r/s", Some("arn:aws:iam::111111111111:role/r")),
    ("arn:aws:sts::111111111111:assumed-role/r/s", Some("arn:aws:iam::111111111111:role/p/r")),
    ("arn:aws:sts::111111111111:assumed-role/r/s", None),
    ("arn:aws:iam::111111111111:role/r", Some("arn:aws:iam::111111111111:role/r")),
    ("arn:aws:iam::111111111111:role/p/r", Some("arn:aws:iam::111111111111:role/p/r")),
    ("arn:aws:iam::111111111111:user/u", Some("arn:aws:iam::111111111111:user/u")),
    ("arn:aws:iam::111111111111:user/u", Some("arn:aws:iam::111111111111:user/u")),
    ("arn:aws:iam::111111111111:root", Some("arn:aws:iam::111111111111:root")),
    (
        "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/l",
        Some("arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/l"),
    ),
    (
        "arn:aws:sts::111111111111:assumed-role/l/s",
        Some("arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/l"),
    ),
    ("x.amazonaws.com", None),
    ("anonymous", None),
];

/// An action, the resource it is asked of (`@` is the owner's account), and how policies may name it.
const ACTIONS: [(&str, &str, &[&str]); 19] = [
    ("s3:GetObject", "arn:aws:s3:::b/", &["s3:GetObject", "s3:Get*", "S3:*", "s3:?etObject", "s3:GETOBJECT*"]),
    ("s3:GetObject", "arn:aws:s3:::b/", &["s3:GetObject", "s3:*"]),
    ("s3:GetObjectAttributes", "arn:aws:s3:::b/", &["s3:GetObjectAttributes", "s3:GetObject*", "s3:*"]),
    ("s3:PutObject", "arn:aws:s3:::b/", &["s3:PutObject", "s3:p*", "s3:?ut*"]),
    ("s3:ListBucket", "arn:aws:s3:::b", &["s3:ListBucket", "s3:List*", "s3:listbucket?"]),
    ("kms:Decrypt", "arn:aws:kms:z:@:key/", &["kms:Decrypt", "kms:*", "KMS:decrypt"]),
    ("kms:DescribeKey", "arn:aws:kms:z:@:key/", &["kms:Describe*", "kms:*"]),
    ("kms:Decrypt", "arn:aws:kms:z:@:key/", &["kms:Decrypt", "kms:*"]),
    ("kms:ScheduleKeyDeletion", "arn:aws:kms:z:@:key/", &["kms:schedule*", "kms:*"]),
    ("kms:UpdateAlias", "arn:aws:kms:z:@:alias/", &["kms:UpdateAlias", "kms:*"]),
    ("kms:DeleteAlias", "arn:aws:kms:z:@:alias/aws/", &["kms:DeleteAlias", "kms:*"]),
    ("kms:ListKeys", "*", &["kms:ListKeys", "kms:*"]),
    ("s3:PutBucketPolicy", "arn:aws:s3:::b", &["s3:PutBucketPolicy", "s3:*"]),
    ("sts:GetSessionToken", "*", &["sts:GetSessionToken", "sts:*"]),
    ("iam:TagRole", "arn:aws:iam::@:role/aws-reserved/", &["iam:TagRole", "iam:*"]),
    ("iam:PutRolePolicy", "arn:aws:iam::@:role/aws-service-role/", &["iam:PutRolePolicy", "iam:*"]),
    ("sts:AssumeRole", "arn:aws:iam::@:role/", &["sts:AssumeRole", "sts:*"]),
    ("iam:PassRole", "arn:aws:iam::@:role/", &["iam:PassRole", "iam:pass*"]),
    ("lambda:InvokeFunction", "arn:aws:lambda:z:@:function:", &["lambda:InvokeFunction", "lambda:*"]),
];

/// Ends of resources, and values of keys.
const NAMES: [&str; 8] = ["a", "a", "ab", "a:b", "A", "*", "?", "$"];

const TEXTS: [&str; 12] = [
    "a",
    "ab",
    "A",
    "a*",
    "?",
    "*",
    "${aws:PrincipalTag/t}",
    "${AWS:principaltag/t, 'a'}",
    "${aws:username, 'ab'}",
    "${*}",
    "a${?}",
    "${$}",
];
const NUMBERS: [&str; 5] = ["9", "10", "10.0", "2.5", "-1"];
const DATES: [&str; 7] = [
    "2024-06",
    "2024-06-01T12:00:00Z",
    "1717243200",
    "2024-06-01",
    "2024-06-01T14:00:00+02:00",
    "2024-06-02T00:00Z",
    "1717200000",
];
const ADDRESSES: [&str; 4] = ["10.0.0.1", "10.0.1.1", "2001:db8::1", "2001:db9::"];
const NETWORKS: [&str; 7] =
    ["10.0.0.0/24", "10.0.0.1", "10.0.0.1/32", "0.0.0.0/0", "2001:db8::/32", "::/0", "2001:DB8:0::1"];
const ARNS: [&str; 4] = [
    "arn:aws:iam::111111111111:role/r",
    "arn:aws:s3:::b",
    "arn:aws:sns:z:111111111111:a:b",
    "arn:aws:iam::111111111111:user/u",
];
const ARN_GLOBS: [&str; 9] = [
    "arn:aws:iam::111111111111:role/r",
    "arn:aws:iam::*:role/*",
    "arn:aws:s3:::?",
    "arn:aws:*:::b",
    "arn:*:sns:*:111111111111:a*",
    "arn:aws:sns:*:b",
    "arn:aws:iam::111111111111:user/${aws:username}",
    "arn:aws:s3:::${aws:PrincipalTag/t, 'b'}",
    "${aws:SourceArn}",
];
const BLOBS: [&str; 2] = ["QQ==", "Qg=="];
const FLAGS: [&str; 2] = ["true", "false"];
const WANTED_FLAGS: [&str; 5] =
    ["true", "false", "${aws:PrincipalTag/t}", "${aws:PrincipalTag/t, 'true'}", "${aws:RequestTag/flag}"];
const LISTED: [&str; 9] = ["a", "a", "ab", "a:b", "A", "*", "?", "$", ""];

/// A key, the values it may have, those of policies, and the operators that suit it.
type Key = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const STRING_OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
];
const KEYS: [Key; 12] = [
    ("aws:PrincipalTag/t", &NAMES, &TEXTS, STRING_OPERATORS),
    ("aws:TagKeys", &LISTED, &TEXTS, STRING_OPERATORS),
    ("s3:ExistingObjectTag/t", &NAMES, &TEXTS, STRING_OPERATORS),
    ("iam:PassedToService", &["x.amazonaws.com", "y.amazonaws.com"], &["x.amazonaws.com", "*"], STRING_OPERATORS),
    ("aws:SourceArn", &ARNS, &ARN_GLOBS, &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]),
    ("aws:PrincipalArn", &ARNS, &ARN_GLOBS, &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]),
    (
        "s3:max-keys",
        &NUMBERS,
        &NUMBERS,
        &["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan"],
    ),
    (
        "aws:CurrentTime",
        &DATES,
        &DATES,
        &["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThan", "DateGreaterThanEquals"],
    ),
    ("aws:SourceIp", &ADDRESSES, &NETWORKS, &["IpAddress", "NotIpAddress"]),
    ("aws:SecureTransport", &FLAGS, &WANTED_FLAGS, &["Bool"]),
    ("aws:RequestTag/flag", &FLAGS, &FLAGS, &["Bool"]),
    ("aws:RequestTag/blob", &BLOBS, &BLOBS, &["BinaryEquals"]),
];

/// How policies name principals.
const PRINCIPALS: [(&str, &str); 16] = [
    ("AWS", "*"),
    ("AWS", "*"),
    ("AWS", HERE),
    ("AWS", "arn:aws:iam::111111111111:root"),
    ("AWS", "arn:aws:iam::111111111111:role/r"),
    ("AWS", "arn:aws:iam::111111111111:role/r"),
    ("AWS", "arn:aws:iam::111111111111:role/p/r"),
    ("AWS", "arn:aws:sts::111111111111:assumed-role/r/s"),
    ("AWS", "arn:aws:iam::111111111111:user/u"),
    ("AWS", "arn:aws:iam::111111111111:user/U"),
    ("AWS", "arn:aws:iam::222222222222:root"),
    ("AWS", "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/l"),
    ("Service", "x.amazonaws.com"),
    ("Service", "x.amazonaws.com"),
    ("Federated", "accounts.google.com"),
    ("CanonicalUser", "79a5"),
];

/// Where policies stand, and with that what their statements look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A policy without principals.
    Own,
    /// A resource policy or an endpoint policy.
    Resource,
    Scp,
    Rcp,
}

/// Random lines.
pub fn lines() -> impl Strategy<Value = Value> {
    any::<u64>().prop_map(|seed| Dice { seed, action: ACTIONS[0], resource: String::new() }.line())
}

/// So many random lines, or as many as `GT_AUDIT_CASES` says.
pub fn some_lines(cases: usize) -> impl Iterator<Item = Value> {
    let mut runner = TestRunner::new_with_rng(Config::default(), random());
    let cases = number("GT_AUDIT_CASES").map_or(cases, |cases| usize::try_from(cases).unwrap());
    (0..cases).map(move |_| lines().new_tree(&mut runner).unwrap().current())
}

/// The same random numbers each time, and other ones with another `GT_AUDIT_SEED`.
pub fn random() -> TestRng {
    let mut seed = [7; 32];
    if let Some(other) = number("GT_AUDIT_SEED") {
        seed[..8].copy_from_slice(&other.to_le_bytes());
    }
    TestRng::from_seed(RngAlgorithm::ChaCha, &seed)
}

pub fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Random choices, and what is asked.
struct Dice {
    seed: u64,
    action: (&'static str, &'static str, &'static [&'static str]),
    resource: String,
}

impl Dice {
    /// splitmix64.
    fn below(&mut self, limit: usize) -> usize {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// One, or a list of up to three.
    fn one_or_many(&mut self, mut one: impl FnMut(&mut Self) -> Value) -> Value {
        if self.chance(60) { one(self) } else { (0..=self.below(3)).map(|_| one(self)).collect() }
    }

    fn line(mut self) -> Value {
        let (principal, arn) = self.pick(&REQUESTERS);
        self.action = self.pick(&ACTIONS);
        let owner = if self.chance(75) { HERE } else { THERE };
        let end = if self.action.1.ends_with(['/', ':']) { self.pick(&NAMES) } else { "" };
        self.resource = self.action.1.replace('@', owner) + end;
        let action = if self.chance(90) { self.action.0.to_owned() } else { self.action.0.to_lowercase() };
        let action = if self.chance(1) { "sts:GetCallerIdentity".to_owned() } else { action };
        let mut line = json!({"id": 1, "principal": principal, "action": action, "resource": self.resource});
        line["resourceAccount"] = owner.into();
        line["context"] = self.context(principal, arn);
        let (has_account, is_root) = (principal.starts_with("arn:"), principal.ends_with(":root"));
        let may_have_policies = has_account && !is_root;
        if may_have_policies {
            line["identityPolicies"] = (0..self.below(3)).map(|_| self.document(Place::Own)).collect();
        }
        if may_have_policies && self.chance(20) {
            line["boundary"] = self.document(Place::Own);
        }
        if principal.contains("assumed-role") && self.chance(20) {
            line["sessionPolicy"] = self.document(Place::Own);
        }
        if !self.action.0.starts_with("iam:") && self.chance(if may_have_policies { 60 } else { 90 }) {
            line["resourcePolicy"] = self.document(Place::Resource);
        }
        if self.chance(25) {
            let level = |dice: &mut Self| (0..=dice.below(2)).map(|_| dice.document(Place::Scp)).collect::<Value>();
            line["scps"] = (0..self.below(4)).map(|_| level(&mut self)).collect();
        }
        if self.chance(15) {
            let level = |dice: &mut Self| (0..dice.below(3)).map(|_| dice.document(Place::Rcp)).collect::<Value>();
            line["rcps"] = (0..=self.below(2)).map(|_| level(&mut self)).collect();
        }
        if self.chance(10) {
            line["endpointPolicy"] = self.document(Place::Resource);
        }
        if self.action.0.starts_with("kms:") && self.chance(60) {
            line["grants"] = (0..=self.below(2)).map(|_| self.grant()).collect();
        }
        if self.chance(60) {
            let asked = line.to_string().to_lowercase();
            // In what is asked a key stands once as part of the context. The principal's ARN is who asks.
            let used = |key: &Key| key.0 != "aws:PrincipalArn" && asked.matches(&key.0.to_lowercase()).count() > 1;
            let used: Vec<&str> =
                KEYS.iter().filter(|key| used(key)).map(|key| key.0).chain(["aws:SourceIp"]).collect();
            let unknown: BTreeSet<&str> = (0..=self.below(2)).map(|_| self.pick(&used)).collect();
            for key in &unknown {
                line["context"].as_object_mut().unwrap().shift_remove(*key);
            }
            line["unknownContext"] = json!(unknown);
        }
        // What the laws add to it; the engine does not read it.
        line["notes"] = json!({"own": self.statement(Place::Own), "resource": self.statement(Place::Resource)});
        line
    }

    fn context(&mut self, principal: &str, arn: Option<&str>) -> Value {
        let mut context = Map::new();
        for (key, values, ..) in KEYS {
            let multivalued = key == "aws:TagKeys" || self.chance(3);
            if key != "aws:PrincipalArn" && self.chance(60) {
                let many = if multivalued { self.below(4) } else { 1 };
                context.insert(key.to_owned(), (0..many).map(|_| json!(self.pick(values))).collect());
            }
        }
        if let Some(arn) = arn {
            context.insert("aws:PrincipalArn".to_owned(), json!([arn]));
        }
        if let Some((_, name)) = principal.split_once(":user/") {
            context.insert("aws:username".to_owned(), json!([name]));
        }
        if self.chance(50) {
            context.insert("kms:EncryptionContext:k".to_owned(), json!([self.pick(&["v", "w"])]));
            context.insert("kms:EncryptionContextKeys".to_owned(), self.pick(&[json_list(1), json_list(2)]).into());
        }
        context.into()
    }

    fn document(&mut self, place: Place) -> Value {
        let mut document = Map::new();
        if let Some(version) = self.pick(&[Some("2012-10-17"), Some("2012-10-17"), Some("2008-10-17"), None]) {
            document.insert("Version".to_owned(), version.into());
        }
        let statements = if self.chance(30) {
            self.statement(place)
        } else {
            (0..=self.below(3)).map(|_| self.statement(place)).collect()
        };
        document.insert("Statement".to_owned(), statements);
        document.into()
    }

    fn statement(&mut self, place: Place) -> Value {
        let mut statement = Map::new();
        let mut set = |element: &str, value: Value| {
            statement.insert(element.to_owned(), value);
        };
        if self.chance(10) {
            set("Sid", "S".into());
        }
        let effect = if place == Place::Rcp || self.chance(15) { "Deny" } else { "Allow" };
        set("Effect", effect.into());
        let trust = place == Place::Resource && self.action.0.starts_with("sts:");
        if place == Place::Rcp {
            set("Principal", "*".into());
        } else if place == Place::Resource {
            let not = !trust && effect == "Deny" && self.chance(30);
            set(if not { "NotPrincipal" } else { "Principal" }, self.principals(not));
        }
        let narrow = effect == "Deny";
        if self.chance(10) {
            set("NotAction", self.one_or_many(|dice| dice.action_glob(50)));
        } else {
            set("Action", self.one_or_many(|dice| dice.action_glob(if narrow { 40 } else { 80 })));
        }
        if !trust {
            let not = self.chance(10);
            let hit = if narrow || not { 40 } else { 75 };
            set(if not { "NotResource" } else { "Resource" }, self.one_or_many(|dice| dice.resource_glob(hit)));
        }
        if self.chance(if narrow { 60 } else { 45 }) {
            set("Condition", self.condition());
        }
        statement.into()
    }

    fn principals(&mut self, all: bool) -> Value {
        if !all && self.chance(10) {
            return "*".into();
        }
        let mut kinds: Map<String, Value> = Map::new();
        for _ in 0..=self.below(if all { 7 } else { 3 }) {
            let (kind, value) = self.pick(&PRINCIPALS);
            let values = kinds.entry(kind).or_insert_with(|| json!([]));
            values.as_array_mut().unwrap().push(value.into());
        }
        kinds.into()
    }

    fn action_glob(&mut self, hit: usize) -> Value {
        if !self.chance(hit) {
            return self.pick(&["ec2:*", "s3:DeleteObject", "kms:Encrypt", "s3:Put*"]).into();
        }
        if self.chance(30) { "*".into() } else { self.pick(self.action.2).into() }
    }

    fn resource_glob(&mut self, hit: usize) -> Value {
        if self.resource == "*" {
            return if self.chance(hit) { "*" } else { "arn:aws:kms:z:111111111111:key/other" }.into();
        }
        let cut = self.resource.rfind(['/', ':']).map_or(0, |at| at + 1);
        let (head, end) = (self.resource[..cut].to_owned(), self.resource[cut..].to_owned());
        if !self.chance(hit) {
            return (head + "other").into();
        }
        match self.below(10) {
            0 | 1 => "*".into(),
            2 => self.resource.clone().into(),
            3 => (head + "*").into(),
            4 => (head + "?").into(),
            5 => (head + &end.replace('a', "?") + "*").into(),
            // An ARN with parts left out.
            6 => self.resource.split(':').take(3).collect::<Vec<_>>().join(":").into(),
            7 | 8 => (head + self.pick(&TEXTS)).into(),
            _ => self.parted_glob().into(),
        }
    }

    /// With wildcards for region and account, or one of them left out.
    fn parted_glob(&mut self) -> String {
        let resource = self.resource.clone();
        let mut parts: Vec<&str> = resource.splitn(6, ':').collect();
        let end = parts.pop().unwrap();
        let end = self.pick(&[end, "*", end.rsplit(':').next().unwrap()]);
        let region = self.pick(&[parts[3], "*", "*", "z*", "?"]);
        let account = self.pick(&[parts[4], "*", "*", "1*", "*1", "function"]);
        match self.below(4) {
            0 => format!("arn:aws:{}:{region}:{end}", parts[2]),
            1 => format!("arn:*:{}:{region}:{account}:{end}", parts[2]),
            _ => format!("arn:aws:{}:{region}:{account}:{end}", parts[2]),
        }
    }

    fn condition(&mut self) -> Value {
        let mut blocks = Map::new();
        for _ in 0..=self.below(2) {
            let (key, _, values, operators) = self.pick(&KEYS);
            let operator = self.pick(operators);
            let suffix = if self.chance(20) { "IfExists" } else { "" };
            let set = match key {
                "aws:TagKeys" => self.pick(&["ForAllValues:", "ForAnyValue:", "ForAnyValue:", ""]),
                _ => self.pick(&["", "", "", "", "", "", "", "", "ForAllValues:", "ForAnyValue:"]),
            };
            let (operator, values) = match self.below(100) {
                0..8 => ("Null".to_owned(), &FLAGS[..]),
                8 => ("StringResembles".to_owned(), values),
                _ => (format!("{set}{operator}{suffix}"), values),
            };
            let key =
                self.pick(&[key.to_owned(), key.to_owned(), key.to_lowercase(), key.to_uppercase()].each_ref()).clone();
            let value = self.one_or_many(|dice| {
                let text = dice.pick(values);
                let as_json = dice.chance(20) && !text.contains("${");
                as_json.then(|| serde_json::from_str(text).ok()).flatten().unwrap_or_else(|| text.into())
            });
            let block = blocks.entry(operator).or_insert_with(|| json!({}));
            block[key] = value;
        }
        blocks.into()
    }

    fn grant(&mut self) -> Value {
        let may = |(kind, value): &(&str, &str)| *kind == "Service" || value.contains(":iam:");
        let principals: Vec<&str> = PRINCIPALS.iter().filter(|p| may(p)).map(|(_, value)| *value).collect();
        let mut grant = json!({"GranteePrincipal": self.pick(&principals)});
        grant["Operations"] = json!([self.pick(&["Decrypt", "DescribeKey", "Encrypt"]), "GenerateDataKey"]);
        if self.chance(50) {
            let kind = self.pick(&["EncryptionContextSubset", "EncryptionContextEquals"]);
            grant["Constraints"] = json!({kind: {"k": "v"}});
        }
        grant
    }
}

fn json_list(length: usize) -> &'static [&'static str] {
    &["k", "l"][..length]
}
