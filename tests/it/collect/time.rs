//! Time that runs out and credentials that do: a deadline, Ctrl-C, what is told meanwhile, and what must not be told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join;
use gt_audit::account::{Account, Organization, Unknown};
use gt_audit::collect::calls;
use gt_audit::collect::{Aws, ConnectError, Connection, Event, Stop, inventory};

use super::both_regions;
use super::story::{before_details, everything};
use crate::fake_aws::{FakeAws, Fault, How, Switches, passed, run, sleep};

fn with(faults: Vec<Fault>) -> FakeAws {
    FakeAws::new(&everything(), Switches { faults, ..Switches::default() })
}

/// Collects, and writes down what is told.
fn collect(fake: &FakeAws, connection: &Connection) -> (Account, Vec<String>) {
    let told = Arc::new(Mutex::new(vec![]));
    let watcher = {
        let told = Arc::clone(&told);
        Arc::new(move |event: Event<'_>| told.lock().unwrap().push(in_words(event)))
    };
    let account = run(async {
        let aws = Aws::new(fake.config(), connection, watcher).await.unwrap();
        aws.watched(inventory(&aws)).await
    });
    let told = told.lock().unwrap().clone();
    (account, told)
}

fn in_words(event: Event<'_>) -> String {
    match event {
        Event::Asked(progress) => format!("asked {}", progress.call.operation),
        Event::Retried { call, reason, wait, .. } => {
            assert!(wait <= Duration::from_secs(20), "{wait:?}");
            format!("retried {}: {reason}", call.operation)
        }
        Event::Waiting { oldest, age, passed } => {
            format!("waiting {} {} {}", oldest.call.operation, age.as_secs(), passed.as_secs())
        }
        Event::Ended { message } => format!("ended: {message}"),
    }
}

fn error(fake: &FakeAws, connection: &Connection) -> ConnectError {
    match run(fake.connect(connection)) {
        Ok(_) => panic!("it connects"),
        Err(error) => error,
    }
}

/// What is in the way, those of an organization too.
fn gaps(account: &Account) -> Vec<Unknown> {
    let mut gaps = account.unread();
    if let Organization::Unread(gap) = &account.organization {
        gaps.insert(gap.clone());
    }
    gaps.into_iter().collect()
}

#[test]
fn at_the_deadline_what_is_there_is_kept_and_the_rest_is_missing() {
    let deadline = || Connection { deadline: Some(Duration::from_secs(10)), ..both_regions() };
    for how in [How::Hangs, How::StalledBody, How::Refused(400, "ThrottlingException")] {
        let fake = with(vec![Fault::of_call(&calls::LIST_FUNCTIONS, how)]);
        let (account, _) = collect(&fake, &deadline());
        assert_eq!(passed(), Duration::from_secs(10), "{how:?}");
        for regional in account.regions.values() {
            let gap = regional.functions.known().unwrap_err();
            assert_eq!((gap.action(), gap.code()), ("lambda:ListFunctions", "Deadline"), "{how:?}");
            assert_eq!(gap.message(), "the deadline of 10 seconds came before the answer");
        }
        assert_eq!(account.iam, everything().iam, "{how:?}");
        // Nothing is asked after it, and each action is missing once.
        let deadline: Vec<_> = gaps(&account).into_iter().filter(|gap| gap.code() == "Deadline").collect();
        assert!(deadline.iter().all(|gap| gap.resource() == "*"), "{how:?}: {deadline:?}");
        assert!(fake.times().iter().all(|time| *time < Duration::from_secs(10)), "{how:?}");
    }
    // In time.
    let (account, _) = collect(&with(vec![]), &deadline());
    assert_eq!(account, before_details(&everything()));
}

#[test]
fn a_bulk_call_that_the_deadline_ends_is_not_replaced() {
    let connection = Connection { deadline: Some(Duration::from_secs(20)), ..both_regions() };
    let fake = with(vec![Fault::of_call(&calls::GET_ACCOUNT_AUTHORIZATION_DETAILS, How::Hangs)]);
    let (account, _) = collect(&fake, &connection);
    assert_eq!(account.iam.roles.known().unwrap_err().code(), "Deadline");
    assert_eq!(fake.requests_of(&calls::LIST_ROLES), 0);
    assert_eq!(gaps(&account).len(), 1);
}

#[test]
fn a_deadline_before_the_first_answer_is_an_error() {
    let connection = Connection { deadline: Some(Duration::from_secs(3)), ..both_regions() };
    assert_eq!(error(&with(vec![Fault::of("STS", How::Hangs)]), &connection), ConnectError::Deadline);
    assert_eq!(passed(), Duration::from_secs(3));
}

#[test]
fn what_was_collected_before_an_interruption_is_kept() {
    let connection = both_regions();
    let stop = connection.stop.clone();
    let fake = with(vec![Fault::of_call(&calls::LIST_FUNCTIONS, How::Hangs)]);
    let (aws, account) = run(async {
        let aws = fake.connect(&connection).await.unwrap();
        let interrupted = async {
            sleep(Duration::from_secs(5)).await;
            stop.stop();
        };
        let (account, ()) = join(inventory(&aws), interrupted).await;
        (aws, account)
    });
    assert_eq!(passed(), Duration::from_secs(5));
    assert!(aws.is_interrupted());
    assert_eq!(account.iam, everything().iam);
    for regional in account.regions.values() {
        assert_eq!(regional.functions.known().unwrap_err().code(), "Interrupted");
    }
    // Before anything is there, nothing is collected.
    let stop = Stop::default();
    stop.stop();
    let connection = Connection { stop, ..both_regions() };
    let fake = with(vec![]);
    assert_eq!(error(&fake, &connection), ConnectError::Interrupted);
    assert_eq!(fake.requests().len(), 0);
}

#[test]
fn the_oldest_call_under_way_is_named_with_its_age() {
    let fake = with(vec![Fault::of_call(&calls::LIST_FUNCTIONS, How::Hangs).times(2)]);
    let (account, told) = collect(&fake, &both_regions());
    assert_eq!(account, before_details(&everything()));
    let waiting: Vec<&str> = told.iter().filter_map(|told| told.strip_prefix("waiting ")).collect();
    // An attempt is waited for a quarter of a minute.
    assert!(waiting.len() >= 14, "{waiting:?}");
    for (second, told) in (1..=14).zip(&waiting) {
        assert_eq!(*told, format!("ListFunctions {second} {second}"));
    }
}

#[test]
fn each_retry_is_told_with_its_reason() {
    for (how, reason) in [
        (How::Refused(429, "TooManyRequestsException"), "throttled, status 429"),
        (How::Refused(500, "ServiceException"), "out of order, status 500"),
        (How::Reset, "connection reset"),
    ] {
        let fake = with(vec![Fault::of_call(&calls::LIST_FUNCTIONS, how).times(3)]);
        let (account, told) = collect(&fake, &both_regions());
        assert_eq!(account, before_details(&everything()));
        let retried: Vec<_> = told.iter().filter(|told| told.starts_with("retried")).collect();
        assert_eq!(retried, [&format!("retried ListFunctions: {reason}"); 3]);
    }
}

#[test]
fn credentials_that_expire_are_told_once_and_nothing_is_asked_from_then_on() {
    for after in [1, 3] {
        let expired = How::Refused(400, "ExpiredTokenException");
        let fake = with(vec![Fault::of("Lambda", expired), Fault::of("SageMaker", expired).after(after)]);
        let (account, told) = collect(&fake, &both_regions());
        let ended: Vec<_> = told.iter().filter(|told| told.starts_with("ended")).collect();
        let [ended] = &ended[..] else { panic!("{ended:?}") };
        assert!(ended.contains("the credentials expired while the account was read"), "{ended}");
        assert!(ended.contains("renew them, and run again"), "{ended}");
        assert!(gaps(&account).iter().all(|gap| gap.code() == "ExpiredTokenException"));
    }
}

#[test]
fn a_clock_that_is_wrong_is_named() {
    for (code, date, says) in [
        ("SignatureDoesNotMatch", "Sun, 22 Nov 2026 11:34:56 GMT", "60 minutes ahead of AWS's"),
        ("RequestExpired", "Sun, 22 Nov 2026 12:54:56 GMT", "20 minutes behind AWS's"),
    ] {
        let error = error(&with(vec![Fault::of("STS", How::At(date, 403, code))]), &both_regions());
        assert!(matches!(error, ConnectError::Clock { .. }), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let right = How::At("Sun, 22 Nov 2026 12:34:00 GMT", 403, "SignatureDoesNotMatch");
    assert!(matches!(error(&with(vec![Fault::of("STS", right)]), &both_regions()), ConnectError::Invalid { .. }));
}

#[test]
fn credentials_that_a_server_quotes_are_masked() {
    const QUOTES: &str =
        "the token TOKENEXAMPLEEXAMPLE of AKIDEXAMPLEEXAMPLE, signed with SECRETEXAMPLEEXAMPLE, is not welcome";
    let fake = with(vec![
        Fault::of("Lambda", How::Tells(403, "AccessDeniedException", QUOTES)),
        Fault::of_call(&calls::LIST_BUCKETS, How::Tells(403, "AKIDEXAMPLEEXAMPLE", QUOTES)),
    ]);
    let (account, told) = collect(&fake, &both_regions());
    let text = serde_json::to_string(&account).unwrap();
    assert!(text.contains("the token [credentials] of [credentials], signed with [credentials], is not welcome"));
    for secret in ["TOKENEXAMPLEEXAMPLE", "AKIDEXAMPLEEXAMPLE", "SECRETEXAMPLEEXAMPLE"] {
        assert!(!text.contains(secret) && !told.iter().any(|told| told.contains(secret)), "{secret}");
    }
    let error = error(&with(vec![Fault::of("STS", How::Tells(403, "AccessDenied", QUOTES))]), &both_regions());
    assert!(error.to_string().contains("the token [credentials]") && !error.to_string().contains("EXAMPLE"), "{error}");
}
