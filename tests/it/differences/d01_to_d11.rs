//! The first eleven: names, tags, what a policy of one's own needs, automated and streaming jobs, the broad policy.

use super::*;

// Documented: a token in the bucket's name. Real: a token anywhere in bucket and key.
#[test]
fn d01_a_token_in_the_key_counts() {
    for (policy, token) in [(GROUND_TRUTH_EXECUTION, "groundtruth"), (FULL_ACCESS, "sagemaker")] {
        let inside = |key: &str| format!("s3://signs/{token}/{key}");
        let fields = [
            (MANIFEST, inside("m.manifest")),
            (OUTPUT, inside("out/")),
            (TEMPLATE, inside("t.liquid")),
            (LABEL_CATEGORIES, format!("s3://signs/labels-for-{token}.json")),
        ];
        let fields = fields.each_ref().map(|(field, uri)| (*field, uri.as_str()));
        assert_eq!(blocked(policy, &fields), NOTHING);
        // The bucket itself is not out of reach, as long as the job uses no other key of it.
        let report = run(policy, &fields, &|_| {});
        assert_eq!(of(&report, "bucket-out-of-reach").count(), 0);
        // Each URI is judged by itself.
        for (i, uri) in ["s3://signs/m.manifest", "s3://signs/out/", "s3://signs/t.liquid", "s3://signs/labels.json"]
            .into_iter()
            .enumerate()
        {
            let mut fields = fields;
            fields[i].1 = uri;
            let blocked = blocked(policy, &fields);
            let field = fields[i].0.rsplit('.').next().unwrap();
            assert_eq!(blocked.len(), if field == "S3OutputPath" { 3 } else { 1 }, "{blocked:?}");
            assert!(blocked.iter().all(|line| line.starts_with(field) && line.ends_with(uri)), "{blocked:?}");
        }
    }
}

// Documented: six spellings. Real: these, compared with case, and no separators; a bucket's name has small letters.
#[test]
fn d02_a_token_counts_in_its_very_spelling() {
    let in_key = |word: &str| blocked(GROUND_TRUTH_EXECUTION, &[(MANIFEST, &format!("s3://signs/{word}/m"))]);
    for token in ["GroundTruth", "Groundtruth", "groundtruth", "SageMaker", "Sagemaker", "sagemaker"] {
        assert_eq!(in_key(token), NOTHING, "{token}");
    }
    for word in ["groundTruth", "GROUNDTRUTH", "sageMaker", "SAGEMAKER", "ground-truth", "ground_truth", "sage-maker"] {
        assert_eq!(in_key(word), [format!("ManifestS3Uri s3:GetObject s3://signs/{word}/m")]);
    }
    for name in ["signs-groundtruth", "signs-sagemaker", "Signs-SageMaker"] {
        assert_eq!(says(|a| rename_bucket(a, name)), NOTHING, "{name}");
    }
    // Near misses are taken for what was meant, and named as they are written.
    for (name, found) in [
        ("signs-ground-truth", "`ground-truth`"),
        ("signs-sage-maker", "`sage-maker`"),
        ("Signs_GROUND_TRUTH", "`GROUND_TRUTH`"),
        ("Signs-sageMaker", "`sageMaker`"),
    ] {
        let report = report_after(|a| rename_bucket(a, name));
        let [finding] = report.pairs.as_slice() else { panic!("{name}: {:?}", report.pairs) };
        assert_eq!(
            (finding.rule.as_str(), finding.severity),
            ("bucket-out-of-reach", gt_audit::finding::Severity::Medium)
        );
        assert!(finding.message.contains(found), "{}", finding.message);
    }
}

// Documented: a bucket with an object tag that includes SageMaker. Real: an object whose tag is SageMaker=true.
#[test]
fn d03_the_tag_is_the_objects_and_its_value_is_true() {
    for (key, value) in [("SageMaker", "true"), ("sagemaker", "true"), ("SageMakerData", "yes")] {
        let report = report_after(|a| {
            rename_bucket(a, "signs");
            known(&mut bucket(a).tags).insert(key.to_owned(), value.to_owned());
        });
        let rules: Vec<_> = report.pairs.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, ["bucket-out-of-reach", "bucket-tag-grants-nothing"], "{key}={value}");
        let finding = of(&report, "bucket-tag-grants-nothing").next().unwrap();
        assert!(finding.message.contains(key), "{}", finding.message);
    }
    let tagged = |tags: &[(&str, &str)]| {
        let tags: Tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let object = Arn::bucket("aws", "signs/m");
        run(GROUND_TRUTH_EXECUTION, &[(MANIFEST, "s3://signs/m")], &|a| {
            a.objects.insert(object.clone(), Fact::Known(Some(tags.clone())));
        })
    };
    for tag in [("SageMaker", "true"), ("SageMaker", "TRUE"), ("SageMaker", "True"), ("sagemaker", "true")] {
        assert_eq!(blocks(&tagged(&[tag])), NOTHING, "{tag:?}");
        assert_eq!(blocks(&tagged(&[("team", "x"), tag])), NOTHING, "{tag:?}");
    }
    for tag in [("SageMaker", "yes"), ("SageMaker", ""), ("SageMakerData", "true"), ("GroundTruth", "true")] {
        assert_eq!(blocks(&tagged(&[tag])), ["ManifestS3Uri s3:GetObject s3://signs/m"], "{tag:?}");
    }
    // Which of two keys counts that differ in case alone, IAM does not say.
    assert_eq!(open(&tagged(&[("SageMaker", "true"), ("sagemaker", "no")])).len(), 1);
}

// Documented: the tag is listed for input and output. Real: it opens s3:GetObject, object by object, and nothing else.
#[test]
fn d04_no_tag_opens_an_output_and_each_input_needs_its_own() {
    let fields = [
        (MANIFEST, "s3://signs/m"),
        (OUTPUT, "s3://signs/out/"),
        (TEMPLATE, "s3://signs/t"),
        (LABEL_CATEGORIES, "s3://signs/l"),
    ];
    let tag = |a: &mut Account, key: &str| {
        let tags = Tags::from([("SageMaker".to_owned(), "true".to_owned())]);
        a.objects.insert(Arn::bucket("aws", &format!("signs/{key}")), Fact::Known(Some(tags)));
    };
    let output = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
        .map(|action| format!("S3OutputPath {action} s3://signs/out/"));
    let everything = |a: &mut Account| ["m", "out/", "out", "t", "l"].into_iter().for_each(|key| tag(a, key));
    assert_eq!(blocked_after(&fields, &everything), output);
    // The manifest's tag is the manifest's.
    let reading = [fields[0], fields[2], fields[3]];
    assert_eq!(
        blocked_after(&reading, &|a| tag(a, "m")),
        ["LabelCategoryConfigS3Uri s3:GetObject s3://signs/l", "UiTemplateS3Uri s3:GetObject s3://signs/t"]
    );
    assert_eq!(blocked_after(&reading, &everything), NOTHING);
}

// Documented: AbortMultipartUpload, GetObject and PutObject. Real: also ListBucket and GetBucketLocation of the bucket.
#[test]
fn d05_a_policy_of_ones_own_needs_five_actions_on_two_kinds_of_resource() {
    let objects = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];
    let bucket = ["s3:GetBucketLocation", "s3:ListBucket"];
    let fields = [(OUTPUT, "s3://signs/out/")];
    let own = |texts: &[String]| {
        blocked_after(&fields, &|a| {
            carry(a, &[]);
            for (i, text) in texts.iter().enumerate() {
                known(&mut role(a).grants.inline).insert(format!("p{i}"), Fact::Known(document(text)));
            }
        })
    };
    let to_objects = allow(&objects, "arn:aws:s3:::signs/*");
    let asked_of_bucket = bucket.map(|action| format!("S3OutputPath {action} arn:aws:s3:::signs"));
    assert_eq!(own(&[to_objects.clone(), allow(&bucket, "arn:aws:s3:::signs")]), NOTHING);
    assert_eq!(own(std::slice::from_ref(&to_objects)), asked_of_bucket);
    assert_eq!(own(&[to_objects, allow(&bucket, "arn:aws:s3:::signs/*")]), asked_of_bucket);
    // Nor are the objects the bucket's business.
    assert_eq!(
        own(&[allow(&objects, "arn:aws:s3:::signs"), allow(&bucket, "arn:aws:s3:::signs")]),
        objects.map(|action| format!("S3OutputPath {action} s3://signs/out/"))
    );
    // The managed policy has both.
    assert_eq!(blocked(GROUND_TRUTH_EXECUTION, &[(OUTPUT, "s3://signs-sagemaker/out/")]), NOTHING);
}

// Documented: the role may list and invoke functions. Real: it may only invoke them, and no job needs more.
#[test]
fn d06_a_role_need_not_list_functions() {
    let name = "signs-LabelingFunction";
    let denied = |action: &'static str| {
        let text = allow(&[action], "*").replace("Allow", "Deny");
        invoking(GROUND_TRUTH_EXECUTION, name, &|a| inline(a, &text))
    };
    let mut snapshot = healthy();
    carry(&mut snapshot.account, &[GROUND_TRUTH_EXECUTION]);
    assert_eq!(may(&snapshot, "lambda:ListFunctions", "*"), Coverage::None);
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, name, &|_| {}), NOTHING);
    assert_eq!(denied("lambda:ListFunctions"), NOTHING);
    assert_eq!(denied("lambda:InvokeFunction"), lacks_function(name));
    // Who chooses a function in the console needs it.
    let capability = console::capability("custom-workflow").unwrap();
    assert!(capability.actions.iter().any(|action| action == "lambda:ListFunctions"));
}

// Documented: the managed policy grants all but keys and names. Real: nor may the role pass itself.
#[test]
fn d07_automated_labeling_needs_a_role_that_passes_itself() {
    let fields = [ALGORITHM, (MANIFEST, "s3://signs-sagemaker/m"), (OUTPUT, "s3://signs-sagemaker/out/")];
    let lacks = [format!("LabelingJobAlgorithmsConfig iam:PassRole {ITSELF}")];
    let report = run(GROUND_TRUTH_EXECUTION, &fields, &|_| {});
    assert_eq!(blocks(&report), lacks);
    assert_eq!(of(&report, "role-cannot-pass-itself").count(), 1);
    let passing = |itself: &str| {
        run(GROUND_TRUTH_EXECUTION, &fields, &|a| {
            let to_sagemaker =
                r#""Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}},"Effect""#;
            inline(a, &allow(&["iam:PassRole"], itself).replace(r#""Effect""#, to_sagemaker));
        })
    };
    assert_eq!((blocks(&passing(ITSELF)), passing(ITSELF).pairs.len()), (vec![], 0));
    assert_eq!(blocks(&passing("arn:aws:iam::111122223333:role/service-role/GtExecution")), lacks);
    // Without automated labeling nothing is passed.
    assert_eq!(run(GROUND_TRUTH_EXECUTION, &fields[1..], &|_| {}).pairs, []);
    // The broad policy lets every role be passed to SageMaker.
    assert_eq!(blocked(FULL_ACCESS, &fields), NOTHING);
}

// Documented: any task, streaming or not. Real: topics whose names carry one of eight tokens, more than buckets have.
#[test]
fn d08_a_topic_needs_one_of_eight_tokens() {
    let output = |policy: &str, name: &str| blocked(policy, &[(OUTPUT_TOPIC, &topic("111122223333", name))]);
    let of_both = ["SageMaker", "Sagemaker", "sagemaker"];
    let of_one = ["GroundTruth", "Groundtruth", "groundTruth", "groundtruth", "sageMaker"];
    for token in of_both.into_iter().chain(of_one) {
        let name = format!("signs-{token}-out");
        assert_eq!(output(GROUND_TRUTH_EXECUTION, &name), NOTHING, "{token}");
        assert_eq!(output(FULL_ACCESS, &name).is_empty(), of_both.contains(&token), "{token}");
    }
    for name in ["labels-out", "GROUNDTRUTH", "ground-truth", "SAGEMAKER", "GtRecipe", "LabelingFunction"] {
        let lacks = format!("SnsTopicArn sns:Publish {}", topic("111122223333", name));
        assert_eq!(output(GROUND_TRUTH_EXECUTION, name), [lacks], "{name}");
    }
    // The queue has its name from AWS; the broad policy reaches none.
    let stream = |policy: &str, name: &str| {
        let report = run(policy, &[(INPUT_TOPIC, &topic("111122223333", name))], &|_| {});
        of(&report, "role-cannot-stream").map(|finding| finding.message.clone()).collect::<Vec<_>>()
    };
    let of_job = queue(&Arn::parse("arn:aws:sagemaker:us-east-1:111122223333:labeling-job/Signs-3").unwrap());
    assert_eq!(of_job.unwrap().name(), "GroundTruth-signs-3");
    assert_eq!(stream(GROUND_TRUTH_EXECUTION, "signs-groundTruth"), NOTHING);
    assert_eq!(stream(GROUND_TRUTH_EXECUTION, "signs").len(), 1);
    let broad = stream(FULL_ACCESS, "signs-sagemaker");
    assert!(broad.len() == 1 && broad[0].contains("GroundTruth-job-0"), "{broad:?}");
}

// Documented: the broad policy suffices for labeling. Real: it knows other names, no queues, no topics of GroundTruth, no keys.
#[test]
fn d09_the_broad_policy_has_other_limits() {
    let in_bucket = [(MANIFEST, "s3://my-groundtruth-data/m")];
    assert_eq!(blocked(GROUND_TRUTH_EXECUTION, &in_bucket), NOTHING);
    assert_eq!(blocked(FULL_ACCESS, &in_bucket), ["ManifestS3Uri s3:GetObject s3://my-groundtruth-data/m"]);
    let recipe = "serverlessrepo-aws-sagema-GtRecipePreHumanTaskFunc-1A2B3C";
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, recipe, &|_| {}), NOTHING);
    assert_eq!(invoking(FULL_ACCESS, recipe, &|_| {}), lacks_function(recipe));
    // What both reach.
    assert_eq!(blocked(FULL_ACCESS, &[(MANIFEST, "s3://my-sagemaker-data/m")]), NOTHING);
    assert_eq!(invoking(FULL_ACCESS, "signs-LabelingFunction", &|_| {}), NOTHING);
    for (policy, queues) in [(GROUND_TRUTH_EXECUTION, Coverage::All), (FULL_ACCESS, Coverage::None)] {
        let mut snapshot = healthy();
        carry(&mut snapshot.account, &[policy]);
        for action in QUEUE_ACTIONS {
            let queue = "arn:aws:sqs:us-east-1:111122223333:GroundTruth-signs";
            assert_eq!(may(&snapshot, action, queue), queues, "{policy} {action}");
        }
        // Keys are in neither.
        let report = report_after(|a| {
            carry(a, &[policy]);
            encrypt(a);
        });
        assert_eq!(of(&report, "bucket-key-unusable").count(), 1, "{policy}");
    }
    // Whoever carries both has both.
    assert_eq!(blocks(&run(FULL_ACCESS, &in_bucket, &|a| carry(a, &[FULL_ACCESS, GROUND_TRUTH_EXECUTION]))), NOTHING);
}

/// Lets the healthy account's bucket encrypt with a customer's key that leaves everything to the account.
fn encrypt(account: &mut Account) {
    let arn = Arn::parse("arn:aws:kms:us-east-1:111122223333:key/1234abcd").unwrap();
    let encryption = Encryption { algorithm: "aws:kms".to_owned(), key: Some(arn.to_string()), bucket_key: true };
    bucket(account).encryption = Fact::Known(Some(encryption));
    let policy = allow(&["kms:*"], "*")
        .replace(r#""Effect""#, r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Effect""#);
    let key = Key {
        arn: arn.clone(),
        manager: "CUSTOMER".to_owned(),
        state: "Enabled".to_owned(),
        policy: Fact::Known(document(&policy)),
        grants: Fact::Known(vec![]),
    };
    account.regions.get_mut("us-east-1").unwrap().keys.insert(arn.to_string(), Fact::Known(Some(key)));
}

// Documented: a token in the function's name. Real: in all that follows `function:`, a qualifier too.
#[test]
fn d10_a_qualifier_is_a_part_of_a_functions_arn() {
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, "acs:SageMaker", &|_| {}), NOTHING);
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, "acs-sagemaker:live", &|_| {}), NOTHING);
    assert_eq!(invoking(GROUND_TRUTH_EXECUTION, "acs:live", &|_| {}), lacks_function("acs:live"));
    // A statement of one's own is for what it names: with the qualifier, or without.
    let granted = |named: &str, statement: &str| {
        let text =
            allow(&["lambda:InvokeFunction"], &format!("arn:aws:lambda:us-east-1:111122223333:function:{statement}"));
        invoking(GROUND_TRUTH_EXECUTION, named, &|a| inline(a, &text))
    };
    assert_eq!(granted("acs:live", "acs"), lacks_function("acs:live"));
    assert_eq!(granted("acs", "acs:*"), lacks_function("acs"));
    assert_eq!(granted("acs", "acs"), NOTHING);
    assert_eq!(granted("acs:live", "acs:*"), NOTHING);
    assert_eq!(granted("acs:live", "acs:live"), NOTHING);
}

// Documented: tokens, as if anything near them would do. Real: GtRecipe and LabelingFunction in one case, no GroundTruth.
#[test]
fn d11_a_functions_tokens_have_one_spelling() {
    for token in ["GtRecipe", "LabelingFunction", "SageMaker", "Sagemaker", "sagemaker"] {
        assert_eq!(says(|a| rename_function(a, &format!("signs-{token}-pre"))), NOTHING, "{token}");
    }
    for word in [
        "GTRecipe",
        "gtRecipe",
        "labelingFunction",
        "LabellingFunction",
        "Labeling-Function",
        "GroundTruth",
        "groundtruth",
        "SAGEMAKER",
        "sageMaker",
    ] {
        let name = format!("signs-{word}-pre");
        let report = report_after(|a| rename_function(a, &name));
        let [finding] = report.pairs.as_slice() else { panic!("{name}: {:?}", report.pairs) };
        assert_eq!(
            (finding.rule.as_str(), finding.severity),
            ("function-out-of-reach", gt_audit::finding::Severity::Medium)
        );
        let remedies = finding.fixes.iter().map(|fix| fix.summary.as_str()).collect::<String>();
        assert!(remedies.contains("`LabelingFunction`") && remedies.contains("`sagemaker`"), "{remedies}");
    }
}
