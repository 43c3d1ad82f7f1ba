//! Buckets, keys and objects: what is asked of single ones, and how an absence differs from a refusal.

use std::collections::BTreeSet;
use std::io::Read;

use gt_audit::account::{Account, Fact, Key, Unknown, Wanted};
use gt_audit::collect::calls::{self, Call};
use gt_audit::collect::{complete, details, inventory};
use gt_audit::policy::grant::Constraints;

use super::story::{ID, arn, everything, known};
use super::{both_regions, everything_wanted};
use crate::fake_aws::{FakeAws, Fault, HOME, How, Switches, run};

fn collect(fake: &FakeAws, wanted: &Wanted) -> Account {
    run(async {
        let aws = fake.connect(&both_regions()).await.unwrap();
        let mut account = inventory(&aws).await;
        details(&aws, &mut account, wanted).await;
        account
    })
}

fn keys(names: &[&str]) -> Wanted {
    Wanted { keys: names.iter().map(|name| (HOME.to_owned(), (*name).to_owned())).collect(), ..Wanted::default() }
}

fn objects(region: &str, paths: &[&str]) -> Wanted {
    let objects = paths.iter().map(|path| (region.to_owned(), arn(&format!("arn:aws:s3:::{path}"))));
    Wanted { objects: objects.collect(), ..Wanted::default() }
}

fn refusing(call: &'static Call, code: &'static str) -> Switches {
    Switches { refused: vec![(call, code, 0)], ..Switches::default() }
}

#[test]
fn only_what_is_wanted_is_asked_for() {
    let bucket = arn("arn:aws:s3:::bucket-0001");
    let wanted = Wanted { buckets: [bucket.clone()].into(), ..Wanted::default() };
    let fake = FakeAws::serving(&everything());
    let account = collect(&fake, &wanted);
    let mut expected = super::before_details(&everything());
    let (found, served) = (known(&mut expected.buckets), everything());
    let served = served.buckets.known().unwrap().iter().find(|it| it.arn == bucket).unwrap();
    *found.iter_mut().find(|it| it.arn == bucket).unwrap() = served.clone();
    assert_eq!(account, expected);
    for call in [&calls::GET_BUCKET_POLICY, &calls::GET_BUCKET_CORS, &calls::GET_BUCKET_ABAC] {
        assert_eq!(fake.requests_of(call), 1, "{}", call.operation);
    }
}

/// LocalStack does not know the question, nor does much else that speaks S3.
#[test]
fn where_the_endpoint_does_not_know_of_abac_is_one_gap_after_one_call() {
    // moto lists the bucket.
    for how in
        [How::Refused(501, "InternalFailure"), How::Says(200, "<ListBucketResult><Name>b</Name></ListBucketResult>")]
    {
        knows_no_abac(how);
    }
}

fn knows_no_abac(how: How) {
    let faults = vec![Fault::of_call(&calls::GET_BUCKET_ABAC, how)];
    let fake = FakeAws::new(&everything(), Switches { faults, emulated: true, ..Switches::default() });
    let mut account = collect(&fake, &everything_wanted(&everything()));
    assert_eq!(fake.requests_of(&calls::GET_BUCKET_ABAC), 1);
    let unread: Vec<_> = account.unread().into_iter().collect();
    let [gap] = &unread[..] else { panic!("{unread:?}") };
    let says = (gap.action(), gap.resource(), gap.code());
    assert_eq!(says, ("s3:GetBucketAbac", "*".to_owned(), "NotSupported"));
    for (bucket, served) in known(&mut account.buckets).iter_mut().zip(known(&mut everything().buckets)) {
        assert_eq!(bucket.abac, Fact::Unknown(gap.clone()));
        bucket.abac = served.abac.clone();
    }
    assert_eq!(account, everything());
}

#[test]
fn a_bucket_that_may_not_be_asked_about_abac_says_nothing_of_the_others() {
    let fake = FakeAws::new(&everything(), refusing(&calls::GET_BUCKET_ABAC, "AccessDenied"));
    let account = collect(&fake, &everything_wanted(&everything()));
    assert_eq!(fake.requests_of(&calls::GET_BUCKET_ABAC), 8);
    let asked: BTreeSet<_> = account.unread().into_iter().map(|gap| gap.resource()).collect();
    assert_eq!(asked, everything().buckets.known().unwrap().iter().map(|bucket| bucket.arn.to_string()).collect());
}

#[test]
fn a_bucket_that_is_gone_is_gone_whatever_says_so() {
    for call in [&calls::GET_BUCKET_CORS, &calls::GET_BUCKET_ENCRYPTION, &calls::GET_BUCKET_ABAC] {
        let fake = FakeAws::new(&everything(), refusing(call, "NoSuchBucket"));
        let account = collect(&fake, &everything_wanted(&everything()));
        assert_eq!(account.buckets, Fact::Known(vec![]), "{}", call.operation);
        assert!(account.unread().is_empty(), "{}", call.operation);
    }
}

#[test]
fn an_object_is_asked_for_where_its_bucket_is() {
    let paths = ["bucket-0001/plain.manifest", "bucket-0001/gone.manifest"];
    let fake = FakeAws::serving(&everything());
    let account = collect(&fake, &objects("eu-west-1", &paths));
    assert_eq!(account.objects.len(), 2);
    for (object, tags) in &account.objects {
        assert_eq!(tags, &everything().objects[object]);
    }
    assert_eq!(fake.requests_of(&calls::GET_OBJECT_TAGGING), 2 * 2, "S3 says where else to ask");
}

#[test]
fn an_object_is_not_there_or_not_to_be_asked_about() {
    for (code, absent) in [("NoSuchKey", true), ("NoSuchBucket", true), ("AccessDenied", false)] {
        let fake = FakeAws::new(&everything(), refusing(&calls::GET_OBJECT_TAGGING, code));
        let account = collect(&fake, &objects(HOME, &["bucket-0001/plain.manifest"]));
        let object = arn("arn:aws:s3:::bucket-0001/plain.manifest");
        match account.object_tags(&object) {
            Ok(tags) => assert!(absent && tags.is_none()),
            Err(gap) => {
                assert!(!absent, "{code}");
                assert_eq!((gap.action(), gap.resource()), ("s3:GetObjectTagging", object.to_string()));
            }
        }
    }
    let account = collect(&FakeAws::serving(&everything()), &objects(HOME, &["bucket-0001"]));
    assert_eq!(account.objects[&arn("arn:aws:s3:::bucket-0001")].known().unwrap_err().code(), "Malformed");
}

#[test]
fn an_object_is_read_whole_where_its_bucket_is() {
    let read = |path: &str, region: Option<&str>| {
        let fake = FakeAws::serving(&everything());
        let object = arn(&format!("arn:aws:s3:::{path}"));
        run(async { gt_audit::collect::object(&fake.connect(&both_regions()).await.unwrap(), &object, region).await })
    };
    for region in [None, Some("us-east-1"), Some("eu-west-1")] {
        let mut text = String::new();
        read("bucket-0001/plain.manifest", region).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "{\"source-ref\": \"s3://bucket-0001/plain.manifest\"}\n");
    }
    let gap = read("bucket-0001/gone.manifest", None).unwrap_err();
    assert_eq!((gap.action(), gap.code()), ("s3:GetObject", "NoSuchKey"));
    assert_eq!(read("bucket-0001", None).unwrap_err().code(), "Malformed");
}

#[test]
fn a_key_is_the_same_by_id_and_alias_and_one_of_awss_is_not_asked_for_its_policy() {
    let managed = format!("arn:aws:kms:{HOME}:{ID}:alias/aws/s3");
    let fake = FakeAws::serving(&everything());
    let account = collect(&fake, &keys(&["alias/labels", "1234abcd-12ab-34cd-56ef-1234567890ab", &managed]));
    let key = |name| account.key(HOME, name).unwrap().unwrap();
    assert_eq!(key("alias/labels"), key("1234abcd-12ab-34cd-56ef-1234567890ab"));
    assert!(key(&managed).policy.known().unwrap_err().is_not_asked());
    assert_eq!(fake.requests_of(&calls::GET_KEY_POLICY), 2);
    assert!(account.unread().is_empty());
}

#[test]
fn grants_are_read_to_the_last_page_with_what_constrains_them() {
    let fake = FakeAws::new(&everything(), Switches { page: Some(2), ..Switches::default() });
    let account = collect(&fake, &keys(&["alias/labels"]));
    assert_eq!(fake.requests_of(&calls::LIST_GRANTS), 3);
    let grants = account.key(HOME, "alias/labels").unwrap().unwrap().grants.known().unwrap();
    assert_eq!(grants.len(), 5);
    let constraints = |id: usize| grants[id].constraints.clone().unwrap_or_default();
    assert_eq!(constraints(0), Constraints::default());
    assert_eq!(constraints(2).encryption_context_subset.unwrap().len(), 2);
    // What the engine does not know makes a grant uncertain, so that it must not be lost.
    assert_eq!(constraints(4).other["SourceArn"], "arn:aws:s3:::bucket-0001");
    assert_eq!(grants[3].operations, ["Levitate"]);
    // Half a list is no list.
    let set = Switches {
        page: Some(2),
        refused: vec![(&calls::LIST_GRANTS, "AccessDeniedException", 1)],
        ..Switches::default()
    };
    let account = collect(&FakeAws::new(&everything(), set), &keys(&["alias/labels"]));
    let key = account.key(HOME, "alias/labels").unwrap().unwrap();
    assert_eq!(key.grants.known().unwrap_err().code(), "AccessDeniedException");
    assert_eq!(key.policy, known_key("alias/labels").policy);
}

fn known_key(name: &str) -> Key {
    everything().key(HOME, name).unwrap().unwrap().clone()
}

#[test]
fn a_key_that_is_not_there_is_known_not_to_be() {
    for code in ["NotFoundException", "InvalidArnException"] {
        let fake = FakeAws::new(&everything(), refusing(&calls::DESCRIBE_KEY, code));
        let account = collect(&fake, &keys(&["alias/labels", "arn:aws:kms:nonsense"]));
        assert_eq!(account.key(HOME, "alias/labels").unwrap(), None);
        assert_eq!(account.key(HOME, "arn:aws:kms:nonsense").unwrap(), None);
        assert!(account.unread().is_empty());
    }
}

#[test]
fn a_key_of_another_account_is_asked_about_and_what_it_refuses_is_a_gap() {
    let name = format!("arn:aws:kms:{HOME}:444455556666:key/mrk-5678");
    let denied = |action: &str| {
        Unknown::refused(action, &name, "AccessDeniedException", "User: arn:aws:iam::1:user/u is not authorized")
    };
    // KMS describes a key of another account to whom its policy lets; the policy itself it shows to nobody else.
    let mut served = everything();
    let place = |served: &mut Account, fact| served.regions.get_mut(HOME).unwrap().keys.insert(name.clone(), fact);
    let shown = Key { policy: Fact::Unknown(denied("kms:GetKeyPolicy")), ..known_key(&name) };
    place(&mut served, Fact::Known(Some(shown.clone())));
    let account = collect(&FakeAws::serving(&served), &keys(&[&name]));
    assert_eq!(account.key(HOME, &name), Ok(Some(&shown)));
    assert_eq!(account.unread(), [denied("kms:GetKeyPolicy")].into());

    place(&mut served, Fact::Unknown(denied("kms:DescribeKey")));
    let account = collect(&FakeAws::serving(&served), &keys(&[&name]));
    assert_eq!(account.key(HOME, &name), Err(denied("kms:DescribeKey")));
}

#[test]
fn a_refusal_names_the_key_as_an_arn() {
    let fake = FakeAws::new(&everything(), refusing(&calls::DESCRIBE_KEY, "AccessDeniedException"));
    let account = collect(&fake, &keys(&["alias/labels", "1234", "arn:aws:kms:us-east-1:444455556666:key/5678"]));
    let asked: Vec<_> = account.unread().into_iter().map(|gap| gap.resource()).collect();
    assert_eq!(
        asked,
        [
            "arn:aws:kms:us-east-1:111122223333:alias/labels",
            "arn:aws:kms:us-east-1:111122223333:key/1234",
            "arn:aws:kms:us-east-1:444455556666:key/5678"
        ]
    );
}

#[test]
fn no_key_and_no_place_for_a_key_are_not_asked_about() {
    let elsewhere = ("ap-south-1".to_owned(), "alias/labels".to_owned());
    let mut wanted = keys(&[""]);
    wanted.keys.insert(elsewhere);
    let fake = FakeAws::serving(&everything());
    let account = collect(&fake, &wanted);
    assert_eq!(account, super::before_details(&everything()));
    assert_eq!(fake.requests_of(&calls::DESCRIBE_KEY), 0);
}

#[test]
fn what_an_answer_makes_wanted_is_asked_for_and_nothing_twice() {
    let bucket = arn("arn:aws:s3:::bucket-0001");
    // The bucket is wanted, then the key that it names, and then nothing else.
    let wanted = |account: &Account| {
        let buckets = account.buckets.known().unwrap();
        let named = buckets.iter().filter_map(|bucket| bucket.encryption.known().ok().cloned().flatten()?.key);
        Wanted {
            buckets: [bucket.clone()].into(),
            keys: named.map(|key| (HOME.to_owned(), key)).collect(),
            ..Wanted::default()
        }
    };
    let fake = FakeAws::serving(&everything());
    let account = run(async {
        let aws = fake.connect(&both_regions()).await.unwrap();
        let mut account = inventory(&aws).await;
        complete(&aws, &mut account, wanted).await;
        account
    });
    assert_eq!(account.key(HOME, "alias/labels"), Ok(Some(&known_key("alias/labels"))));
    for call in [&calls::GET_BUCKET_ENCRYPTION, &calls::DESCRIBE_KEY] {
        assert_eq!(fake.requests_of(call), 1, "{}", call.operation);
    }
}

#[test]
fn what_makes_ever_more_wanted_comes_to_an_end() {
    let fake = FakeAws::serving(&everything());
    run(async {
        let aws = fake.connect(&both_regions()).await.unwrap();
        let mut account = inventory(&aws).await;
        let more = |account: &Account| keys(&[&format!("alias/{}", account.regions[HOME].keys.len())]);
        complete(&aws, &mut account, more).await;
        assert_eq!(account.regions[HOME].keys.len(), 4);
    });
}
