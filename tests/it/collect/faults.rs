//! Bad days: services that are not there, that fail, or that answer with nonsense. What else there is, is collected whole;
//! what is missing is a gap; and nobody waits long for it.

use std::time::Duration;

use gt_audit::account::{Account, Fact, Organization, Unknown};
use gt_audit::collect::calls;
use gt_audit::collect::{Aws, Connection, details, inventory};

use super::story::everything;
use super::{both_regions, everything_wanted};
use crate::fake_aws::{FakeAws, Fault, How, PAGE, Switches, passed, run};

/// Collects all there is in both regions.
fn collect(set: Switches) -> (FakeAws, Aws, Account) {
    collect_as(&both_regions(), set)
}

fn collect_as(connection: &Connection, set: Switches) -> (FakeAws, Aws, Account) {
    let fake = FakeAws::new(&everything(), set);
    let (aws, account) = run(async {
        let aws = fake.connect(connection).await.unwrap();
        let mut account = inventory(&aws).await;
        details(&aws, &mut account, &everything_wanted(&everything())).await;
        (aws, account)
    });
    (fake, aws, account)
}

fn with(faults: Vec<Fault>) -> Switches {
    Switches { faults, ..Switches::default() }
}

/// The three ways in which an endpoint says that it does not have a service.
fn absences() -> [How; 4] {
    [How::Refused(501, "InternalFailure"), How::Says(500, PAGE), How::Says(404, PAGE), How::Says(404, "")]
}

/// Collects from an emulator without a service, and holds that it is asked once a region and at once, that what comes of it
/// is one gap a region, and that all else is as served but for what `forget` takes out of both.
fn without(service: &'static str, connection: &Connection, regions: usize, forget: impl Fn(&mut Account)) {
    for how in absences() {
        let set = Switches { emulated: true, ..with(vec![Fault::of(service, how)]) };
        let (fake, aws, mut account) = collect_as(connection, set);
        assert_eq!(fake.requests_to(service), regions, "{service}, {how:?}");
        assert_eq!((aws.collection().retries, passed()), (0, Duration::ZERO), "{service}, {how:?}");
        let gaps: Vec<Unknown> = account.unread().into_iter().collect();
        assert!(gaps.iter().all(Unknown::is_not_supported), "{service}, {how:?}: {gaps:?}");
        let mut expected = everything();
        forget(&mut account);
        forget(&mut expected);
        assert_eq!(account, expected, "{service}, {how:?}");
    }
}

fn is_not_supported<T>(fact: &Fact<T>) -> bool {
    fact.known().err().is_none_or(|gap| gap.is_not_supported())
}

#[test]
fn an_emulator_without_sagemaker() {
    without("SageMaker", &both_regions(), 2, |account| {
        for regional in account.regions.values_mut() {
            assert!(is_not_supported(&regional.labeling_jobs) && is_not_supported(&regional.workteams));
            assert!(is_not_supported(&regional.flow_definitions));
            (regional.labeling_jobs, regional.workteams) = (Fact::Known(vec![]), Fact::Known(vec![]));
            regional.flow_definitions = Fact::Known(vec![]);
        }
    });
}

#[test]
fn an_emulator_without_kms() {
    without("KMS", &both_regions(), 2, |account| {
        for regional in account.regions.values_mut() {
            assert!(regional.keys.values().all(is_not_supported));
            regional.keys.clear();
        }
    });
}

#[test]
fn an_emulator_without_the_tagging_api_is_asked_for_the_tags_of_each() {
    without("Resource Groups Tagging API", &both_regions(), 2, |_| {});
}

#[test]
fn an_emulator_without_organizations() {
    without("Organizations", &both_regions(), 1, |account| {
        if let Organization::Unread(gap) = &account.organization {
            assert!(gap.is_not_supported());
        }
        account.organization = Organization::NotAsked;
        account.organization_id = Fact::Known(Some("o-exampleorgid".to_owned()));
    });
}

#[test]
fn an_emulator_without_the_account_service() {
    let everywhere = Connection { all_regions: true, ..Connection::default() };
    without("Account", &everywhere, 1, |account| {
        assert!(account.gaps.iter().all(Unknown::is_not_supported));
        // The regions that everybody has stand in, and are found empty.
        account.regions.retain(|region, _| everything().regions.contains_key(region));
        account.gaps.clear();
    });
}

#[test]
fn an_operation_that_is_missing_is_not_a_service_that_is_missing() {
    // Where S3 says nothing, the SDK makes "not found" of status 404.
    for how in absences().into_iter().take(3) {
        let fault = Fault::of_call(&calls::GET_BUCKET_CORS, how);
        let (fake, _, account) = collect(Switches { emulated: true, ..with(vec![fault]) });
        assert_eq!(fake.requests_of(&calls::GET_BUCKET_CORS), 1);
        let gaps: Vec<Unknown> = account.unread().into_iter().collect();
        assert_eq!(gaps.iter().map(gt_audit::account::Unknown::action).collect::<Vec<_>>(), ["s3:GetBucketCORS"]);
        for (bucket, served) in account.buckets.known().unwrap().iter().zip(everything().buckets.known().unwrap()) {
            assert_eq!((&bucket.policy, &bucket.encryption), (&served.policy, &served.encryption));
        }
    }
}

/// AWS says that it is out of order with a code, an emulator's page of HTML has none; and of Amazon's own hosts, a page is
/// some proxy's.
#[test]
fn what_is_out_of_order_is_asked_again() {
    let coded = [How::Refused(500, "InternalFailure"), How::Refused(503, "ServiceUnavailable"), How::Reset];
    for (how, emulated) in
        coded.iter().flat_map(|how| [(*how, false), (*how, true)]).chain([(How::Says(500, PAGE), false)])
    {
        for service in ["SageMaker", "KMS", "Resource Groups Tagging API", "Organizations", "IAM", "S3", "Lambda"] {
            let set = Switches { emulated, ..with(vec![Fault::of(service, how).times(2)]) };
            let (_, aws, account) = collect(set);
            assert_eq!(account, everything(), "{service}, {how:?}");
            assert_eq!(aws.collection().retries, 2, "{service}, {how:?}");
        }
    }
}

#[test]
fn a_service_in_one_region_does_not_blind_the_others() {
    for (service, how, code) in [
        ("SageMaker", How::Refused(403, "AccessDeniedException"), "AccessDeniedException"),
        ("SageMaker", How::NoAddress, "NoConnection"),
        ("SageMaker", How::Refused(500, "InternalFailure"), "InternalFailure"),
        ("Lambda", How::Refused(403, "AccessDeniedException"), "AccessDeniedException"),
        ("Lambda", How::ConnectionRefused, "NoConnection"),
        ("KMS", How::Refused(400, "UnrecognizedClientException"), "UnrecognizedClientException"),
        ("Resource Groups Tagging API", How::Refused(403, "AccessDeniedException"), ""),
    ] {
        let (_, _, mut account) = collect(with(vec![Fault::of(service, how).in_region("eu-west-1")]));
        let codes: Vec<String> = account.unread().into_iter().map(|gap| gap.code().to_owned()).collect();
        assert!(codes.iter().all(|found| found == code), "{service}, {how:?}: {codes:?}");
        assert_eq!(codes.is_empty(), code.is_empty(), "{service}, {how:?}");
        let mut expected = everything();
        let (found, served) =
            (account.regions.remove("eu-west-1").unwrap(), expected.regions.remove("eu-west-1").unwrap());
        assert_eq!(account, expected, "{service}, {how:?}");
        // Of the region, what other services know.
        assert_eq!(found.functions == served.functions, service != "Lambda", "{service}, {how:?}");
        assert_eq!(found.labeling_jobs == served.labeling_jobs, service != "SageMaker", "{service}, {how:?}");
        assert_eq!(found.workteams == served.workteams, service != "SageMaker", "{service}, {how:?}");
        assert_eq!(found.flow_definitions == served.flow_definitions, service != "SageMaker", "{service}, {how:?}");
        assert_eq!(found.keys == served.keys, service != "KMS", "{service}, {how:?}");
    }
}

#[test]
fn each_list_of_a_region_is_a_fact_of_its_own() {
    for call in
        [&calls::LIST_LABELING_JOBS, &calls::LIST_FLOW_DEFINITIONS, &calls::LIST_WORKTEAMS, &calls::LIST_FUNCTIONS]
    {
        let fault = Fault::of_call(call, How::Refused(403, "AccessDeniedException")).in_region("eu-west-1");
        let (_, _, mut account) = collect(with(vec![fault]));
        let gaps: Vec<Unknown> = account.unread().into_iter().collect();
        let [gap] = &gaps[..] else { panic!("{gaps:?}") };
        assert_eq!(gap.action(), call.action);
        let mut expected = everything();
        for account in [&mut account, &mut expected] {
            let region = account.regions.get_mut("eu-west-1").unwrap();
            match call.operation {
                "ListLabelingJobs" => region.labeling_jobs = Fact::Known(vec![]),
                "ListFlowDefinitions" => region.flow_definitions = Fact::Known(vec![]),
                "ListWorkteams" => region.workteams = Fact::Known(vec![]),
                _ => region.functions = Fact::Known(vec![]),
            }
        }
        assert_eq!(account, expected, "{}", call.operation);
    }
}

/// How long a call may take that is never answered: half a minute of retries, or two attempts that are waited for.
const PATIENCE: Duration = Duration::from_secs(32);

/// Attempts of a call at most.
const ATTEMPTS: usize = 10;

#[test]
fn a_service_that_fails_costs_half_a_minute_and_is_not_asked_again() {
    for how in [
        How::Refused(500, "InternalFailure"),
        How::Refused(503, "ServiceUnavailable"),
        How::Says(502, PAGE),
        How::Reset,
        How::ConnectionRefused,
        How::Hangs,
        How::CutBody,
        How::StalledBody,
        How::DrippingBody,
    ] {
        for service in ["SageMaker", "Lambda", "KMS", "S3", "IAM", "Organizations", "Resource Groups Tagging API"] {
            // A page of IAM's has a minute; S3 is asked in one region after the other.
            let patience = if ["IAM", "S3"].contains(&service) { 2 * PATIENCE } else { PATIENCE };
            let (fake, _, account) = collect(with(vec![Fault::of(service, how)]));
            assert!(passed() <= patience, "{service}, {how:?}: {:?}", passed());
            // One call a region is made before all others wait for it, and none is tried more than ten times: how often
            // within the half minute depends on the waits, which are drawn by lot.
            let regions = 2;
            let tries = fake.requests_to(service);
            assert!(tries <= regions * ATTEMPTS, "{service}, {how:?}: {tries}");
            let gaps = account.unread();
            assert!(gaps.len() <= regions, "{service}, {how:?}: {gaps:?}");
            let told = gaps.iter().all(|gap| gap.message().contains(&format!("{service} in ")));
            assert!(told, "{service}, {how:?}: {gaps:?}");
        }
    }
}

#[test]
fn a_call_that_fails_alone_costs_no_other_its_answer() {
    let fault = Fault::of_call(&calls::GET_BUCKET_ENCRYPTION, How::Refused(500, "InternalError"));
    let (_, _, account) = collect(with(vec![fault]));
    assert!(passed() <= PATIENCE, "{:?}", passed());
    for (bucket, served) in account.buckets.known().unwrap().iter().zip(everything().buckets.known().unwrap()) {
        assert_eq!((&bucket.policy, &bucket.cors, &bucket.abac), (&served.policy, &served.cors, &served.abac));
        assert_eq!(bucket.encryption.known().unwrap_err().code(), "InternalError");
    }
    assert_eq!(account.regions, everything().regions);
}

#[test]
fn a_service_that_dies_in_the_middle_is_not_asked_about_each() {
    let fault = Fault::of("S3", How::Reset).after(3);
    let (fake, _, account) = collect(with(vec![fault]));
    assert!(passed() <= 2 * PATIENCE, "{:?}", passed());
    assert!(account.buckets.known().is_ok());
    assert!(fake.requests_to("S3") <= ATTEMPTS * 64, "{}", fake.requests_to("S3"));
    assert_eq!(account.iam, everything().iam);
}

#[test]
fn the_first_call_is_as_patient_as_the_others_with_whoever_is_there() {
    for (how, times) in [
        (How::Refused(400, "Throttling"), 6),
        (How::Refused(500, "InternalFailure"), 3),
        (How::Refused(503, "ServiceUnavailable"), 3),
        (How::Reset, 3),
    ] {
        let fake = FakeAws::new(&everything(), with(vec![Fault::of("STS", how).times(times)]));
        assert!(run(fake.connect(&both_regions())).is_ok(), "{how:?}");
        assert_eq!(fake.requests_to("STS"), times + 1, "{how:?}");
    }
    for how in [How::ConnectionRefused, How::NoAddress, How::Hangs] {
        let fake = FakeAws::new(&everything(), with(vec![Fault::of("STS", how)]));
        assert!(run(fake.connect(&both_regions())).is_err(), "{how:?}");
        assert_eq!(fake.requests_to("STS"), 2, "{how:?}");
        assert!(passed() <= Duration::from_secs(12), "{how:?}: {:?}", passed());
    }
}

#[test]
fn two_resets_cost_nothing() {
    let (fake, _, account) = collect(with(vec![Fault::of_call(&calls::LIST_LABELING_JOBS, How::Reset).times(4)]));
    assert_eq!(account, everything());
    assert!(fake.requests_of(&calls::LIST_LABELING_JOBS) > 4);
}

#[test]
fn who_throttles_a_bulk_call_to_its_end_is_not_asked_about_each() {
    let (fake, _, account) =
        collect(with(vec![Fault::of_call(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, How::Refused(400, "Throttling"))]));
    assert_eq!(fake.requests_of(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS), 10);
    assert_eq!(fake.requests_to("IAM"), 10 + 1, "and the alias");
    assert_eq!(account.unread().len(), 1);
    assert_eq!(account.iam.roles.known().unwrap_err().code(), "Throttling");
    assert_eq!((account.buckets, account.regions), (everything().buckets, everything().regions));

    let index = Fault::of_call(&calls::GET_RESOURCES, How::Refused(429, "ThrottlingException")).in_region("eu-west-1");
    let fake = FakeAws::new(&everything(), with(vec![index]));
    let account = run(async { inventory(&fake.connect(&both_regions()).await.unwrap()).await });
    assert_eq!((fake.requests_of(&calls::LIST_TAGS), fake.requests_of(&calls::GET_BUCKET_TAGGING)), (0, 0));
    assert_eq!(account.unread().len(), 1);
}
