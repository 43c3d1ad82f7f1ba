//! The accounts that the fake AWS serves here: one that has something of everything, and a large one.

use std::collections::BTreeMap;

use gt_audit::account::{
    Account, Bucket, ControlPolicies, ControlPolicy, CorsRule, Encryption, Fact, FlowDefinition, FlowSettings,
    Function, Grants, Group, Iam, Key, LabelingJob, ManagedPolicy, Organization, Regional, Role, Tags, Unknown, User,
    Workteam,
};
use gt_audit::arn::Arn;
use gt_audit::policy::Document;
use serde_json::json;

pub const ID: &str = "111122223333";

/// Attached to a role, and written by AWS.
pub const AWS_MANAGED: &str = "arn:aws:iam::aws:policy/AmazonSageMakerGroundTruthExecution";
/// Nobody's but a boundary.
pub const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/team/Boundary";

/// Something of everything, in two regions: 9 roles, 3 users, 2 groups, 4 managed policies, 8 buckets, 7 functions,
/// 9 labeling jobs, 6 flow definitions, 8 work teams, 5 names of keys in each region, 4 objects, and an organization of three
/// levels.
pub fn everything() -> Account {
    let mut roles: Vec<_> = (0..8).map(plain_role).collect();
    roles.push(Role {
        arn: iam("role/team/a/Execution"),
        id: Fact::Known("AROA".to_owned()),
        trust: Fact::Known(allow("sts:AssumeRole")),
        grants: grants(&[AWS_MANAGED, "arn:aws:iam::111122223333:policy/Own"], &["a+b", "inline"]),
        boundary: Fact::Known(Some(arn(BOUNDARY))),
        tags: Fact::Known(tags(&[("team", "labeling & <vision>"), ("sagemaker", "true")])),
    });
    roles.sort_by(|a, b| a.arn.cmp(&b.arn));
    let user = |name: &str, groups: &[&str], boundary: Option<&str>| User {
        arn: iam(&format!("user/{name}")),
        id: Fact::Known("AIDA".to_owned()),
        grants: grants(&["arn:aws:iam::aws:policy/ReadOnlyAccess"], &["own"]),
        groups: Fact::Known(groups.iter().map(ToString::to_string).collect()),
        boundary: Fact::Known(boundary.map(arn)),
        tags: Fact::Known(tags(&[("name", name)])),
    };
    let group = |name: &str| Group {
        arn: iam(&format!("group/{name}")),
        grants: grants(&["arn:aws:iam::111122223333:policy/Own"], &["first", "second"]),
    };
    let policies =
        ["arn:aws:iam::111122223333:policy/Own", BOUNDARY, "arn:aws:iam::aws:policy/ReadOnlyAccess", AWS_MANAGED];
    Account {
        id: ID.to_owned(),
        partition: "aws".to_owned(),
        alias: Fact::Known(Some("signs-prod".to_owned())),
        caller: arn("arn:aws:sts::111122223333:assumed-role/Auditor/gt-audit"),
        organization: Organization::Policies(control_policies()),
        organization_id: Fact::Known(Some("o-exampleorgid".to_owned())),
        iam: Iam {
            roles: Fact::Known(roles),
            users: Fact::Known(vec![
                user("ann", &["one", "two"], None),
                user("bob", &[], Some(BOUNDARY)),
                user("eve", &["two"], None),
            ]),
            groups: Fact::Known(vec![group("one"), group("two")]),
            policies: policies.iter().map(|text| (arn(text), Fact::Known(managed_policy(text)))).collect(),
        },
        buckets: Fact::Known(
            (0..8).map(|number| bucket(number, if number % 3 == 0 { "eu-west-1" } else { "us-east-1" })).collect(),
        ),
        objects: objects(),
        regions: BTreeMap::from([regional("eu-west-1", 2, 2), regional("us-east-1", 5, 7)]),
        gaps: vec![],
    }
}

/// 500 roles, 1,000 buckets (200 tagged), 500 functions, no labeling jobs and no organization.
pub fn large() -> Account {
    let mut account = everything();
    account.iam.roles = Fact::Known((0..500).map(plain_role).collect());
    account.iam.policies.retain(|arn, _| arn.as_str() != AWS_MANAGED);
    let mut buckets: Vec<_> = (0..1000).map(|number| bucket(number, "us-east-1")).collect();
    for (number, bucket) in buckets.iter_mut().enumerate() {
        bucket.tags = Fact::Known(if number % 5 == 0 { tags(&[("number", &number.to_string())]) } else { Tags::new() });
    }
    account.buckets = Fact::Known(buckets);
    account.regions = BTreeMap::from([regional("us-east-1", 500, 0)]);
    account.organization = Organization::Free;
    account.organization_id = Fact::Known(None);
    account.objects.clear();
    account
}

/// As collecting shows it before details are asked for.
pub fn before_details(account: &Account) -> Account {
    let mut account = account.clone();
    for bucket in known(&mut account.buckets) {
        let Bucket { arn, region, tags, .. } = bucket.clone();
        *bucket = Bucket { region, tags, ..Bucket::not_asked(arn) };
    }
    account.objects.clear();
    for regional in account.regions.values_mut() {
        regional.keys.clear();
        for function in known(&mut regional.functions) {
            function.policy = Fact::Unknown(Unknown::not_asked("lambda:GetPolicy", function.arn.as_str()));
        }
    }
    account
}

pub fn known<T>(fact: &mut Fact<T>) -> &mut T {
    match fact {
        Fact::Known(fact) => fact,
        Fact::Unknown(gap) => panic!("{gap:?}"),
    }
}

pub fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn iam(entity: &str) -> Arn {
    Arn::iam("aws", ID, entity)
}

fn plain_role(number: usize) -> Role {
    Role {
        arn: iam(&format!("role/Role{number:03}")),
        id: Fact::Known("AROA".to_owned()),
        trust: Fact::Known(allow("sts:AssumeRole")),
        grants: grants(
            &["arn:aws:iam::111122223333:policy/Own"],
            if number.is_multiple_of(2) { &["inline"] } else { &[] },
        ),
        boundary: Fact::Known(None),
        tags: Fact::Known(Tags::new()),
    }
}

fn grants(attached: &[&str], inline: &[&str]) -> Grants {
    let mut attached: Vec<_> = attached.iter().map(|text| arn(text)).collect();
    attached.sort();
    let inline = inline.iter().map(|name| (name.to_string(), Fact::Known(allow(&format!("s3:Get{}", name.len())))));
    Grants { attached: Fact::Known(attached), inline: Fact::Known(inline.collect()) }
}

fn managed_policy(name: &str) -> ManagedPolicy {
    ManagedPolicy { version: format!("v{}", name.len() % 7 + 1), document: Fact::Known(allow("s3:Put+Object 100%")) }
}

fn bucket(number: usize, region: &str) -> Bucket {
    let of_number = tags(&[("number", &number.to_string()), ("SageMaker", "true")]);
    Bucket {
        region: Fact::Known(region.to_owned()),
        tags: Fact::Known(if number.is_multiple_of(2) { of_number } else { Tags::new() }),
        policy: Fact::Known((number % 4 < 2).then(|| allow(&format!("s3:{number}")))),
        cors: Fact::Known(if number % 3 == 1 { cors() } else { vec![] }),
        encryption: Fact::Known(encryption(number)),
        abac: Fact::Known(number == 2),
        arn: Arn::bucket("aws", &format!("bucket-{number:04}")),
    }
}

fn cors() -> Vec<CorsRule> {
    let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect();
    let ground_truth = CorsRule {
        allowed_methods: texts(&["GET", "HEAD"]),
        allowed_origins: texts(&["*"]),
        expose_headers: texts(&["Access-Control-Allow-Origin"]),
        ..CorsRule::default()
    };
    let other = CorsRule {
        allowed_headers: texts(&["*", "x-<b>"]),
        allowed_methods: texts(&["PUT"]),
        allowed_origins: texts(&["https://*.example.com", "null"]),
        expose_headers: vec![],
        max_age_seconds: Some(3000),
    };
    vec![ground_truth, other]
}

fn encryption(number: usize) -> Option<Encryption> {
    let of = |algorithm: &str, key: Option<&str>| Encryption {
        algorithm: algorithm.to_owned(),
        key: key.map(ToString::to_string),
        bucket_key: key.is_some(),
    };
    match number % 5 {
        0 => Some(of("AES256", None)),
        1 => Some(of("aws:kms", Some("alias/labels"))),
        2 => Some(of("aws:kms", None)),
        3 => Some(of("aws:quantum", Some("0f0f0f0f-aaaa-bbbb-cccc-000000000000"))),
        _ => None,
    }
}

/// The tags of objects in both regions; one object is not there.
fn objects() -> BTreeMap<Arn, Fact<Option<Tags>>> {
    let object = |path: &str, tags: Option<Tags>| (arn(&format!("arn:aws:s3:::{path}")), Fact::Known(tags));
    BTreeMap::from([
        object("bucket-0000/a b/ü+%41&?.png", Some(tags(&[("SageMaker", "true"), ("<of>", "a&b")]))),
        object("bucket-0001/plain.manifest", Some(Tags::new())),
        object("bucket-0001/gone.manifest", None),
        object("bucket-9999/elsewhere.manifest", None),
    ])
}

/// Three levels of service control policies, of which the root has more than a page of three, and resource control
/// policies on two of them. Some policies are set twice.
fn control_policies() -> ControlPolicies {
    let policy = |id: &str| {
        let (account, kind) = if id.starts_with("p-Full") { ("aws", "") } else { ("999988887777", "o-exampleorgid/") };
        ControlPolicy {
            arn: arn(&format!("arn:aws:organizations::{account}:policy/{kind}service_control_policy/{id}")),
            name: format!("Name of {id} <&>"),
            document: Fact::Known(allow(&format!("{}:*", id.trim_start_matches("p-")))),
        }
    };
    let level = |ids: &[&str]| {
        let mut level: Vec<_> = ids.iter().map(|id| policy(id)).collect();
        level.sort_by(|a, b| a.arn.cmp(&b.arn));
        level
    };
    ControlPolicies {
        scps: vec![
            level(&["p-one", "p-two", "p-three", "p-FullAWSAccess"]),
            level(&["p-FullAWSAccess"]),
            level(&["p-two"]),
        ],
        rcps: vec![level(&["p-FullRCP"]), level(&[]), level(&["p-FullRCP", "p-fence"])],
    }
}

/// A customer's key with more grants than a page of three; in each region, the names that lead to keys or nowhere.
fn keys(region: &str) -> BTreeMap<String, Fact<Option<Key>>> {
    let mine = arn(&format!("arn:aws:kms:{region}:{ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab"));
    let grant = |id: usize, more: serde_json::Value| {
        let mut grant = json!({
            "GrantId": format!("grant-{id}"), "GranteePrincipal": iam("role/Role000").as_str(),
            "Operations": ["Decrypt", "GenerateDataKey"],
        });
        let more = more.as_object().unwrap().clone();
        grant.as_object_mut().unwrap().extend(more);
        serde_json::from_value(grant).unwrap()
    };
    let grants = vec![
        grant(0, json!({})),
        grant(1, json!({"Name": "named", "IssuingAccount": "arn:aws:iam::111122223333:root"})),
        grant(2, json!({"Constraints": {"EncryptionContextSubset": {"a": "b", "c": "d"}}})),
        grant(3, json!({"Constraints": {"EncryptionContextEquals": {"a": "b"}}, "Operations": ["Levitate"]})),
        grant(
            4,
            json!({"Constraints": {"SourceArn": "arn:aws:s3:::bucket-0001"}, "RetiringPrincipal": "a.amazonaws.com"}),
        ),
    ];
    let key = |arn: Arn, state: &str| Key {
        arn,
        manager: "CUSTOMER".to_owned(),
        state: state.to_owned(),
        policy: Fact::Known(allow("kms:*")),
        grants: Fact::Known(grants.clone()),
    };
    let managed = arn(&format!("arn:aws:kms:{region}:{ID}:key/0f0f0f0f-aaaa-bbbb-cccc-000000000000"));
    let managed = Key {
        policy: Fact::Unknown(Unknown::not_asked("kms:GetKeyPolicy", managed.as_str())),
        grants: Fact::Unknown(Unknown::not_asked("kms:ListGrants", managed.as_str())),
        manager: "AWS".to_owned(),
        state: "Enabled".to_owned(),
        arn: managed,
    };
    let theirs = arn(&format!("arn:aws:kms:{region}:444455556666:key/mrk-5678"));
    BTreeMap::from([
        ("alias/labels".to_owned(), Fact::Known(Some(key(mine.clone(), "Enabled")))),
        (mine.name().to_owned(), Fact::Known(Some(key(mine, "Enabled")))),
        (format!("arn:aws:kms:{region}:{ID}:alias/aws/s3"), Fact::Known(Some(managed))),
        ("alias/gone".to_owned(), Fact::Known(None)),
        (theirs.as_str().to_owned(), Fact::Known(Some(key(theirs, "Thawing")))),
    ])
}

/// A flow definition whose role is an execution role.
pub fn flow(region: &str, number: usize) -> FlowDefinition {
    FlowDefinition {
        arn: arn(&format!("arn:aws:sagemaker:{region}:{ID}:flow-definition/flow-{number}")),
        settings: Fact::Known(FlowSettings {
            role: iam("role/Role000").as_str().to_owned(),
            output: Some(format!("s3://bucket-0002/flow-{number}")),
        }),
    }
}

fn workteam(region: &str, number: usize) -> Workteam {
    Workteam { arn: arn(&format!("arn:aws:sagemaker:{region}:{ID}:workteam/private-crowd/team-{number}")) }
}

/// A job like those that Ground Truth's documentation shows, made at noon of a day of November 2026.
pub fn job(region: &str, day: usize, status: &str) -> LabelingJob {
    let name = format!("job-{day:02}");
    let request = serde_json::json!({
        "LabelingJobName": name,
        "RoleArn": iam("role/Role000").as_str(),
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": format!("s3://bucket-0001/{name}.manifest")}}},
        "OutputConfig": {"S3OutputPath": "s3://bucket-0002/out/", "KmsKeyId": ""},
        "HumanTaskConfig": {
            "WorkteamArn": format!("arn:aws:sagemaker:{region}:{ID}:workteam/private-crowd/team"),
            "UiConfig": {"UiTemplateS3Uri": "s3://bucket-0001/template.liquid"},
            "PreHumanTaskLambdaArn": "arn:aws:lambda:us-east-1:432418664414:function:PRE-BoundingBox",
        },
    });
    LabelingJob {
        arn: arn(&format!("arn:aws:sagemaker:{region}:{ID}:labeling-job/{name}")),
        status: status.to_owned(),
        created: format!("2026-11-{day:02}T12:00:00Z"),
        failure: (status == "Failed").then(|| "AccessDenied: \u{1b}[31m the role may not".to_owned()),
        request: Fact::Known(serde_json::from_value(request).unwrap()),
    }
}

/// The time that a job was made, when it is not of November.
pub fn made(job: LabelingJob, created: &str) -> LabelingJob {
    LabelingJob { created: created.to_owned(), ..job }
}

fn regional(region: &str, functions: usize, jobs: usize) -> (String, Regional) {
    // In the larger region, more than a page of three.
    let many = jobs.min(4);
    let states = ["Completed", "Failed", "InProgress", "Stopped", "Initializing", "Stopping", "Completed"];
    let jobs = states.iter().zip(1..=jobs).map(|(status, day)| job(region, day, status));

    let functions = (0..functions).map(|number| Function {
        arn: arn(&format!("arn:aws:lambda:{region}:{ID}:function:function-{number:03}")),
        role: iam("role/Role000").as_str().to_owned(),
        vpc: Fact::Known(None),
        tags: Fact::Known(if number % 2 == 0 { tags(&[("of", region)]) } else { Tags::new() }),
        policy: Fact::Known((number % 3 == 0).then(|| allow("lambda:InvokeFunction"))),
    });
    let regional = Regional {
        functions: Fact::Known(functions.collect()),
        labeling_jobs: Fact::Known(jobs.collect()),
        flow_definitions: Fact::Known((0..many).map(|number| flow(region, number)).collect()),
        workteams: Fact::Known((0..=many).map(|number| workteam(region, number)).collect()),
        keys: keys(region),
    };
    (region.to_owned(), regional)
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn allow(action: &str) -> Document {
    let json = serde_json::json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
    Document::from_json(json).unwrap()
}
