//! The rest: whose resource it is, AWS's own functions and examples, what is not decided by a role's policies.

use super::*;

// Documented: nothing. Real: the grants name any region and account, and another account must allow it too.
#[test]
fn d12_a_token_opens_nothing_of_another_account_by_itself() {
    let function = |region: &str, account: &str, name: &str| {
        run(
            GROUND_TRUTH_EXECUTION,
            &[(PRE_FUNCTION, &format!("arn:aws:lambda:{region}:{account}:function:{name}"))],
            &|a| {
                own_function(a, "us-east-1", "signs-LabelingFunction");
                own_function(a, "eu-west-1", "signs-LabelingFunction");
            },
        )
    };
    assert_eq!(blocks(&function("us-east-1", "111122223333", "signs-LabelingFunction")), NOTHING);
    // In another region it is allowed all the same; that it is there is what is wrong.
    let elsewhere = "arn:aws:lambda:eu-west-1:111122223333:function:signs-LabelingFunction";
    assert_eq!(
        blocks(&function("eu-west-1", "111122223333", "signs-LabelingFunction")),
        [format!("PreHumanTaskLambdaArn - {elsewhere}")]
    );
    assert_eq!(open(&function("us-east-1", "444455556666", "signs-LabelingFunction")), ["lambda:GetPolicy"]);
    // What the role's own policies do not allow is certain.
    assert_eq!(blocks(&function("us-east-1", "444455556666", "signs")).len(), 1);
    // The same of buckets that are not among the account's own, and of topics.
    let output = |uri: &str| {
        report_after(|a| {
            carry(a, &[GROUND_TRUTH_EXECUTION]);
            job(a, &[(OUTPUT, uri)]);
        })
    };
    assert_eq!(open(&output("s3://their-sagemaker/out/")), ["s3:GetBucketPolicy"]);
    // A tag could open what is only read, and nobody can read the tags.
    assert_eq!(
        blocks(&output("s3://theirs/out/")),
        ["s3:AbortMultipartUpload", "s3:PutObject"].map(|action| format!("S3OutputPath {action} s3://theirs/out/"))
    );
    let publish =
        |account: &str, name: &str| run(GROUND_TRUTH_EXECUTION, &[(OUTPUT_TOPIC, &topic(account, name))], &|_| {});
    assert_eq!(blocks(&publish("111122223333", "sagemaker-out")), NOTHING);
    assert_eq!(open(&publish("444455556666", "sagemaker-out")), ["sns:GetTopicAttributes"]);
    assert_eq!(blocks(&publish("444455556666", "labels-out")).len(), 1);
}

// Documented: a token in the name. Real: in the name that is deployed, which CloudFormation and SAM cut.
#[test]
fn d13_the_deployed_name_counts() {
    let deployed = |name: &str, logical: &'static str| {
        says(|a| {
            rename_function(a, name);
            known(&mut function(a).tags).insert("aws:cloudformation:logical-id".to_owned(), logical.to_owned());
        })
    };
    let whole = "serverlessrepo-aws-sagema-GtRecipePreHumanTaskFunc-1A2B3C4D5E6F";
    assert_eq!(deployed(whole, "GtRecipePreHumanTaskFunction"), NOTHING);
    let cut = "street-signs-labeling-in-production-SignsLabelingFuncti-1A2B3C4D";
    assert_eq!(cut.len(), 64);
    assert_eq!(deployed(cut, "SignsLabelingFunction"), [format!("low function-out-of-reach {}", cut.to_lowercase())]);
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, cut, &|_| {}), lacks_function(cut));
}

// Documented: functions need a token. Real: AWS's own match no pattern and need no permission.
#[test]
fn d14_aws_own_functions_need_no_permission() {
    let naming = |policy: &str, account: &str| {
        let arn = |kind: &str| format!("arn:aws:lambda:us-east-1:{account}:function:{kind}-BoundingBox");
        let (pre, post) = (arn("PRE"), arn("ACS"));
        run(policy, &[(MANIFEST, "s3://signs-sagemaker/m"), (PRE_FUNCTION, &pre), (POST_FUNCTION, &post)], &|_| {})
    };
    assert_eq!(naming(GROUND_TRUTH_EXECUTION, "432418664414").pairs, []);
    assert_eq!(blocks(&naming(FULL_ACCESS, "432418664414")), NOTHING);
    // Their address must be right, and no permission is to blame where it is not.
    for account in ["111122223333", "081040173940"] {
        let report = naming(GROUND_TRUTH_EXECUTION, account);
        let rules: Vec<_> = report.pairs.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, ["builtin-function-misaddressed"], "{account}");
    }
    let mut snapshot = healthy();
    for policy in [GROUND_TRUTH_EXECUTION, FULL_ACCESS] {
        carry(&mut snapshot.account, &[policy]);
        let own = "arn:aws:lambda:us-east-1:432418664414:function:PRE-BoundingBox";
        assert_eq!(may(&snapshot, "lambda:InvokeFunction", own), Coverage::None);
    }
}

// Documented: `arn:aws:`. Real: each partition has its own copies of the policies.
#[test]
fn d15_the_partition_is_the_accounts() {
    let moved = |partition: &str, but_policies: bool| {
        let mut snapshot = healthy();
        job(&mut snapshot.account, &[(OUTPUT, "s3://signs-sagemaker/out/")]);
        let policies = snapshot.account.iam.policies.clone();
        let text = serde_json::to_string(&snapshot).unwrap();
        let text = text.replace("arn:aws:", &format!("arn:{partition}:"));
        let mut snapshot: Snapshot = serde_json::from_str(&text).unwrap();
        partition.clone_into(&mut snapshot.account.partition);
        if but_policies {
            for (arn, policy) in policies {
                let arn = arn.as_str().replace("arn:aws:", &format!("arn:{partition}:"));
                snapshot.account.iam.policies.insert(Arn::parse(arn).unwrap(), policy);
            }
        }
        audit(&snapshot, OPTIONS)
    };
    for partition in ["aws", "aws-cn", "aws-us-gov", "aws-iso"] {
        let report = moved(partition, false);
        let changed = "managed-policy-changed";
        let rules: Vec<_> =
            report.pairs.iter().map(|finding| finding.rule.as_str()).filter(|rule| *rule != changed).collect();
        assert_eq!(rules, NOTHING, "{partition}");
        assert_eq!(report.execution_roles.len(), 1, "{partition}");
        // The text of another partition reaches nothing in this one.
        let stray: Vec<_> = moved(partition, true).pairs.into_iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(stray.contains(&"job-blocked"), partition != "aws", "{partition}: {stray:?}");
    }
    // AWS's own functions are where AWS says so; the accounts of two secret regions are published elsewhere.
    let there = |partition: &str, region: &str, account: &str| {
        let arn = format!("arn:{partition}:lambda:{region}:{account}:function:PRE-BoundingBox");
        builtin::function(&Arn::parse(arn).unwrap(), region)
    };
    assert_eq!(there("aws", "eu-central-1", "203001061592"), builtin::Builtin::Right);
    assert_eq!(there("aws-iso", "us-iso-east-1", "403361949736"), builtin::Builtin::Right);
    assert!(matches!(there("aws-cn", "cn-north-1", "203001061592"), builtin::Builtin::Wrong(_)));
}

// Documented: nothing. Real: `arn:aws:s3:::*` covers no access point, so that nobody can decide.
#[test]
fn d16_an_access_point_cannot_be_decided() {
    let output = |uri: &str| {
        report_after(|a| {
            carry(a, &[GROUND_TRUTH_EXECUTION]);
            let function = function(a).arn.to_string();
            job(a, &[(OUTPUT, uri), (POST_FUNCTION, &function)]);
        })
    };
    for name in [
        "arn:aws:s3:us-east-1:111122223333:accesspoint/signs",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/sagemaker-signs",
        "arn:aws:s3:us-east-1:111122223333:accesspoint:signs",
        "signs-0123456789abcdefghijklmnopqrstuv-s3alias",
        "sagemaker-0123456789abcdefghijklmnopqrs-s3alias",
        "https://signs-111122223333.s3-accesspoint.us-east-1.amazonaws.com",
    ] {
        let scheme = if name.starts_with("https:") { "" } else { "s3://" };
        let report = output(&format!("{scheme}{name}/out/"));
        assert_eq!(of(&report, "job-blocked").count(), 0, "{name}");
        assert_eq!(of(&report, "function-cannot-read-output").count(), 0, "{name}");
        assert_eq!(open(&report).len(), 1, "{name}");
    }
    // A name that only looks so is a bucket's.
    assert_eq!(of(&output("s3://signs-s3alias-old/out/"), "job-blocked").count(), 1);
    // No pattern of the policy's is meant for one.
    let mut snapshot = healthy();
    carry(&mut snapshot.account, &[GROUND_TRUTH_EXECUTION]);
    let point = "arn:aws:s3:us-east-1:111122223333:accesspoint/sagemaker/object/sagemaker";
    assert_eq!(may(&snapshot, "s3:PutObject", point), Coverage::None);
    assert_eq!(may(&snapshot, "s3:PutObject", "arn:aws:s3:::accesspoint/sagemaker"), Coverage::All);
}

// Documented: AWS's own examples. Real: some name actions, services and values that there are not.
#[test]
fn d17_slips_of_aws_own_examples_are_found() {
    for (slip, meant) in [
        ("sqs:SendMessageBatch", "sqs:SendMessage"),
        ("groundtruthlabeling:RunFilterOrSampleManifestJob", "groundtruthlabeling:RunFilterOrSampleDatasetJob"),
        ("sagemaker:CreateFlowDefiniton", "sagemaker:CreateFlowDefinition"),
        ("sagemaker:ListLabelingJobForWorkteam", "sagemaker:ListLabelingJobsForWorkteam"),
    ] {
        assert_eq!(actions::near(slip), Some(meant));
        let report = report_after(|a| inline(a, &allow(&[slip], "*")));
        let [finding] = report.pairs.as_slice() else { panic!("{slip}: {:?}", report.pairs) };
        assert_eq!(finding.rule.as_str(), "unknown-action");
        assert!(finding.message.contains(meant), "{}", finding.message);
        assert_eq!(says_but(&["resource-scope-ignored"], |a| inline(a, &allow(&[meant], "*"))), NOTHING);
    }
    // The endpoint of the streaming example is a topic's, and a queue's is asked.
    let subscribing = |endpoint: &str| {
        let condition = format!(
            r#""Condition":{{"StringEquals":{{"sns:Protocol":"sqs"}},"StringLike":{{"sns:Endpoint":"arn:aws:{endpoint}:*:*:*GroundTruth*"}}}},"Effect""#
        );
        let text = allow(&["sns:Subscribe"], "*").replace(r#""Effect""#, &condition);
        blocked_after(&[(INPUT_TOPIC, &topic("111122223333", "signs"))], &|a| inline(a, &text))
    };
    assert_eq!(subscribing("sqs"), NOTHING);
    assert_eq!(subscribing("sns").len(), 1);
    // The example for buckets of a VPC denies everything that comes through no endpoint or another one, and Ground Truth
    // comes through its own.
    let vpc = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::signs-sagemaker","arn:aws:s3:::signs-sagemaker/*"],"Condition":{"ForAllValues:StringNotEquals":{"aws:sourceVpce":["vpc-0123456789abcdef0"]}}}}"#;
    assert_eq!(says(|a| bucket(a).policy = Fact::Known(Some(document(vpc)))), ["medium bucket-denied signs-sagemaker"]);
}

// Documented: PassRole where the service is empty. Real: it never is, so that nothing can be passed.
#[test]
fn d18_an_empty_service_lets_no_role_be_passed() {
    let empty = PERSON.replace("sagemaker.amazonaws.com", "");
    assert_eq!(of_user(&[PERSON]), NOTHING);
    assert_eq!(of_user(&[&empty]), ["medium console-access-incomplete ann", "medium pass-role-never-matches ann"]);
    let pass = |service: &str| {
        let mut snapshot = healthy();
        carry(&mut snapshot.account, &[]);
        inline(&mut snapshot.account, &PERSON.replace("sagemaker.amazonaws.com", service));
        let access = Access::new(&snapshot.account);
        let role = &snapshot.account.iam.roles.known().unwrap()[0];
        let ask = Ask::new("iam:PassRole").with("iam:PassedToService", "sagemaker.amazonaws.com");
        access.decide(role, &ask, &Arn::parse(ITSELF).unwrap()).coverage()
    };
    assert_eq!((pass("sagemaker.amazonaws.com"), pass("")), (Coverage::All, Coverage::None));
}

// Documented: name roles as the resource of ListRoles. Real: it and others have no resource-level permission.
#[test]
fn d19_actions_without_resource_level_permission_are_granted_on_everything_or_not_at_all() {
    for action in [
        "iam:ListRoles",
        "kms:ListAliases",
        "lambda:ListFunctions",
        "s3:ListAllMyBuckets",
        "secretsmanager:ListSecrets",
        "cognito-idp:ListUserPools",
        "cognito-idp:CreateUserPool",
        "aws-marketplace:Subscribe",
        "aws-marketplace:Unsubscribe",
        "aws-marketplace:ViewSubscriptions",
    ]
    .into_iter()
    .chain(actions::named("groundtruthlabeling:*"))
    {
        assert_eq!(actions::has_resource_level(action), Some(false), "{action}");
        let granted = |resource: &str| {
            let report = report_after(|a| inline(a, &allow(&[action], resource)));
            of(&report, "resource-scope-ignored").map(|finding| finding.message.clone()).collect::<Vec<_>>()
        };
        assert_eq!(granted("*"), NOTHING, "{action}");
        let [message] = granted(ITSELF).try_into().unwrap();
        assert!(message.contains(action), "{message}");
    }
    assert!(actions::named("groundtruthlabeling:*").len() > 3);
    // As the page has it: one statement for choosing and passing roles.
    let chosen = PERSON
        .replace(r#""iam:ListRoles","#, "")
        .replace(r#""Action":"iam:PassRole""#, r#""Action":["iam:ListRoles","iam:PassRole"]"#);
    let everywhere = allow(&["iam:ListRoles"], "*");
    assert_eq!(of_user(&[&chosen]), ["medium console-access-incomplete ann", "low resource-scope-ignored ann"]);
    assert_eq!(of_user(&[&chosen, &everywhere]), NOTHING);
    // What has it may be restricted.
    let passing = allow(&["s3:GetObject"], "arn:aws:s3:::signs-sagemaker/*");
    assert_eq!(says(|a| inline(a, &passing)), NOTHING);
}

// Documented: crawling is for automated data labeling. Real: it is for automated data set-up, which makes the manifest.
#[test]
fn d20_crawling_makes_the_manifest_and_labels_nothing() {
    const CRAWL: &str = "groundtruthlabeling:RunGenerateManifestByCrawlingJob";
    let with: Vec<&str> = console::capabilities()
        .iter()
        .filter(|capability| capability.actions.iter().any(|action| action == CRAWL))
        .map(|capability| capability.id.as_str())
        .collect();
    assert_eq!(with, ["automated-data-setup"]);
    let named = actions::named("groundtruthlabeling:*").into_iter().filter(|action| *action != CRAWL);
    let others = serde_json::to_string(&named.collect::<Vec<_>>()).unwrap();
    let others = others.trim_matches(['[', ']']);
    // Who crawls must see the buckets; who does not, need not.
    let without = |text: &str| text.replace(r#""s3:ListAllMyBuckets","#, "");
    let no_crawling = PERSON.replace(r#""groundtruthlabeling:*""#, others);
    assert_eq!(of_user(&[&without(PERSON)]), ["medium console-access-incomplete ann"]);
    assert_eq!(of_user(&[&without(&no_crawling)]), NOTHING);
    // A job with automated labeling asks nothing of the console's service of its role.
    let blocked = blocked(GROUND_TRUTH_EXECUTION, &[ALGORITHM]);
    assert!(blocked.len() == 1 && blocked[0].contains("iam:PassRole"), "{blocked:?}");
}

// Documented: copy the policy and restrict it. Real: its text is longer than IAM lets a role's inline policies be.
#[test]
fn d21_the_broad_policy_is_too_long_to_be_copied_inline() {
    // IAM counts no white space, and all inline policies of a role together.
    const MOST: usize = 10_240;
    let length = |policy: &str| {
        let text = managed::newest(policy).unwrap().document.json().to_string();
        text.chars().filter(|c| !c.is_whitespace()).count()
    };
    assert!(length(FULL_ACCESS) > MOST && length(GROUND_TRUTH_EXECUTION) < MOST);
    // It names an action that there is not, which is AWS's to mend.
    let text = managed::newest(FULL_ACCESS).unwrap().document.json().to_string();
    assert!(text.contains(r#""elastic-inference:Connect""#));
    let report = report_after(|a| carry(a, &[FULL_ACCESS]));
    assert_eq!(of(&report, "unknown-action").count(), 0);
    // No advice is to copy it, and the policy that can be copied is known by its text.
    let advice: Vec<_> = report.pairs.iter().flat_map(|finding| &finding.fixes).map(|r| &r.summary).collect();
    assert!(!advice.is_empty() && advice.iter().all(|summary| !summary.contains("copy")), "{advice:?}");
    let copy = managed::newest(GROUND_TRUTH_EXECUTION).unwrap().document.json().to_string();
    let copied = |a: &mut Account| {
        carry(a, &[]);
        inline(a, &copy);
    };
    assert_eq!(says(copied), NOTHING);
    assert_eq!(report_after(copied).execution_roles.len(), 1);
}

// Documented: Mechanical Turk needs a policy of its own. Real: for flow definitions, and not for labeling jobs.
#[test]
fn d22_a_labeling_job_of_mechanical_turk_needs_no_policy_of_its_own() {
    const TURK: &str = "AmazonSageMakerMechanicalTurkAccess";
    let public = |policies: &[&str], action: &str, resource: &str| {
        let mut snapshot = healthy();
        carry(&mut snapshot.account, policies);
        let access = Access::new(&snapshot.account);
        let role = &snapshot.account.iam.roles.known().unwrap()[0];
        let arn = Arn::parse(format!("arn:aws:sagemaker:us-east-1:111122223333:{resource}")).unwrap();
        let ask = Ask::new(action).with("sagemaker:WorkteamType", "public-crowd");
        access.decide(role, &ask, &arn).verdicts().collect::<Vec<_>>()
    };
    let job_of = |policies: &[&str]| public(policies, "sagemaker:CreateLabelingJob", "labeling-job/signs");
    let flow_of = |policies: &[&str]| public(policies, "sagemaker:CreateFlowDefinition", "flow-definition/signs");
    assert_eq!(job_of(&[FULL_ACCESS]), [Verdict::Allowed]);
    assert_eq!(flow_of(&[FULL_ACCESS]), [Verdict::ImplicitlyDenied]);
    assert_eq!(flow_of(&[FULL_ACCESS, TURK]), [Verdict::Allowed]);
    assert_eq!(job_of(&[TURK]), [Verdict::ImplicitlyDenied]);
    // Such a job is judged like any other, and nobody is told to attach that policy.
    let crowd =
        ("HumanTaskConfig.WorkteamArn", "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default");
    assert_eq!(run(GROUND_TRUTH_EXECUTION, &[(MANIFEST, "s3://signs-sagemaker/m"), crowd], &|_| {}).pairs, []);
    let report = run(GROUND_TRUTH_EXECUTION, &[(MANIFEST, "s3://signs/m"), crowd], &|_| {});
    let advice: Vec<_> = report.pairs.iter().flat_map(|finding| &finding.fixes).map(|r| &r.summary).collect();
    assert!(!advice.is_empty() && advice.iter().all(|summary| !summary.contains("Turk")), "{advice:?}");
}
