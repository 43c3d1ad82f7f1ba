//! The HTML report: what it holds, what it never lets through, and its colours. How it behaves is asked of a browser
//! (`tests/browser`), for which the pages are written here.

use std::collections::{BTreeMap, BTreeSet};

use gt_audit::access::Access;
use gt_audit::account::snapshot::Snapshot;
use gt_audit::account::{Fact, Unknown};
use gt_audit::arn::Arn;
use gt_audit::audit::{Options, audit};
use gt_audit::config::Config;
use gt_audit::finding::Severity;
use gt_audit::report::reach::ReachMatrix;
use gt_audit::report::table::Reading;
use gt_audit::report::{Report, html};

use crate::accounts::{OPTIONS, gap, healthy, read, root, story};

/// What must never run, however it is written.
const CANARY: &str = "x\"'`><img src=x onerror=canary()></script></template></style><script>canary()</script><!--";

fn page(snapshot: &Snapshot, report: &Report) -> String {
    let access = Access::new(&snapshot.account);
    let text = |reason: &_, about: &[&_]| access.statement(reason, about).cloned();
    let reading = Reading { source: "snapshot story.json".to_owned(), fail_on: Some(Severity::High), full: false };
    html::write(report, &reading, &text).unwrap()
}

fn of_story() -> (Snapshot, Report) {
    let config = Config::parse("gt-audit.toml", read("localstack/gt-audit.toml").as_bytes()).unwrap();
    let snapshot = story();
    let report = audit(&snapshot, Options { workloads: &config.workloads, ..OPTIONS });
    (snapshot, report)
}

/// The story with strangers' text wherever an account has a name: every name that begins with `acme` goes on with it.
fn hostile() -> Snapshot {
    let long = "a".repeat(10_000);
    let steering = "\n\u{202e}\u{1b}[31m\u{2028}\u{5d0}\u{5d1}";
    let hostile = serde_json::to_string(&format!("acme{CANARY}{steering}")).unwrap();
    let hostile = hostile.trim_matches('"').to_owned();
    let text = read("localstack/story.json").replace("acme-lidar", &format!("acme-lidar-{long}"));
    let text = text.replace("acme", &hostile).replace("Access denied when", &format!("{hostile} denied when"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hostile.json");
    std::fs::write(&path, text).unwrap();
    Snapshot::read(&path).unwrap()
}

/// So many findings and cells as a large account could have.
fn large(findings: usize, roles: usize, resources: usize) -> Report {
    let (_, mut report) = of_story();
    let of_story: Vec<_> = report.findings.clone();
    report.findings = (0..findings)
        .map(|n| {
            let mut finding = of_story[n % of_story.len()].clone();
            finding.id = format!("{:016x}", 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(n as u64 + 1));
            finding
        })
        .collect();
    report.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    let letters = ['a', 's', 't', 'n', 'd', 'u'];
    let row = |r: usize| (0..roles).map(|c| letters[(r * 7 + c * c + r * c / 3) % 6]).collect();
    report.reach = ReachMatrix {
        classes: (0..roles)
            .map(|n| vec![Arn::iam("aws", "111122223333", &format!("role/team-{n}-labeling"))])
            .collect(),
        resources: (0..resources).map(|n| Arn::bucket("aws", &format!("team-{n:04}-images-to-label"))).collect(),
        cells: (0..resources).map(row).collect(),
    };
    report
}

/// The account of which hardly anything could be read.
fn blind() -> (Snapshot, Report) {
    let mut snapshot = story();
    let account = &mut snapshot.account;
    account.buckets = Fact::Unknown(gap("s3:ListAllMyBuckets"));
    for region in account.regions.values_mut() {
        region.labeling_jobs =
            Fact::Unknown(Unknown::refused("sagemaker:ListLabelingJobs", "*", "AccessDenied", CANARY));
    }
    let report = audit(&snapshot, OPTIONS);
    (snapshot, report)
}

/// What is read of a page.
fn text(page: &str) -> String {
    let parts = page.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect()
}

fn data(page: &str) -> serde_json::Value {
    let (_, after) = page.split_once("<template id=\"data\">").unwrap();
    let (json, _) = after.split_once("</template>").unwrap();
    assert!(!json.contains(['<', '>', '&']));
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_page_says_what_the_json_report_says() {
    let (snapshot, report) = of_story();
    let page = page(&snapshot, &report);
    let data = data(&page);
    let ids: Vec<&str> = data["findings"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect();
    let wanted: Vec<&str> = report.findings.iter().filter(|f| f.counts()).map(|f| f.id.as_str()).collect();
    assert_eq!(ids, wanted);
    assert_eq!(data["cells"], serde_json::to_value(&report.reach.cells).unwrap());
    // Without script too: every finding, every job, who and when.
    for id in wanted {
        assert!(page.contains(&format!("<li id=\"{id}\"")), "{id}");
    }
    for job in &report.labeling_jobs {
        assert!(page.contains(job.arn.name()), "{}", job.arn);
    }
    assert!(text(&page).contains("2026-11-22 12:00 UTC, snapshot story.json"));
    assert!(page.contains(&format!("<b>{}</b> <span class=\"high\">high</span>", report.summary.high)));
}

#[test]
fn the_same_account_gives_the_same_bytes() {
    let (snapshot, report) = of_story();
    let (_, again) = of_story();
    assert_eq!(page(&snapshot, &report), page(&snapshot, &again));
}

#[test]
fn strangers_text_stays_text() {
    let snapshot = hostile();
    let report = audit(&snapshot, OPTIONS);
    assert!(report.findings.iter().any(|finding| finding.message.contains("canary()")));
    let page = page(&snapshot, &report);
    let count = |what: &str| page.matches(what).count();
    assert_eq!((count("<script"), count("</script"), count("<template"), count("</template")), (1, 1, 1, 1));
    assert_eq!((count("<img"), count("<style"), count("</style"), count("<!--")), (0, 1, 1, 0));
    let steering = |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{2028}'..='\u{202e}'));
    assert!(!page.contains(steering));
    assert!(data(&page)["findings"].as_array().unwrap().len() > 10);
}

#[test]
fn nothing_is_claimed_of_what_was_not_read() {
    let (snapshot, report) = blind();
    let page = page(&snapshot, &report);
    let text = text(&page);
    for wanted in ["The labeling jobs were not all read", "s3:ListAllMyBuckets, AccessDenied", "may rank higher"] {
        assert!(text.contains(wanted), "{wanted}");
    }
    assert!(!text.contains("the audit is complete") && text.contains("the audit is incomplete"));
}

/// Contrast as WCAG 2.2 computes it.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |color: &str| {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn the_colours_are_read_in_light_and_dark() {
    let style = read("src/report/html/page.css");
    let mut schemes = style.split(":root {").skip(1).map(|block| {
        let (block, _) = block.split_once('}').unwrap();
        let colours = block.split(';').filter_map(|one| one.trim().strip_prefix("--")?.split_once(": "));
        colours.collect::<BTreeMap<_, _>>()
    });
    for scheme in [schemes.next().unwrap(), schemes.next().unwrap()] {
        let pairs = [
            ("text", "ground"),
            ("dim", "ground"),
            ("dim", "soft"),
            ("text", "soft"),
            ("link", "ground"),
            ("high", "ground"),
            ("medium", "ground"),
            ("low", "ground"),
            ("info", "ground"),
            ("text", "decides"),
            ("text", "leads"),
            ("a", "a-tint"),
            ("s", "s-tint"),
            ("d", "d-tint"),
            ("u", "u-tint"),
            ("s", "ground"),
            ("a", "ground"),
        ];
        for (text, on) in pairs {
            let contrast = contrast(scheme[text], scheme[on]);
            assert!(contrast >= 4.5, "--{text} on --{on}: {contrast:.2}");
        }
        assert!(contrast(scheme["frame"], scheme["ground"]) >= 3.0);
    }
    let inks: BTreeSet<&str> = ["#767676", "#777777"].into();
    assert_eq!(inks.iter().map(|ink| contrast(ink, "#ffffff") >= 4.5).collect::<Vec<_>>(), [true, false]);
}

/// Writes the pages that the browser looks at, with what must be found in them.
#[test]
fn pages_for_the_browser() {
    let (snapshot, report) = of_story();
    let mut pages = vec![("story", page(&snapshot, &report))];
    let (of_healthy, of_hostile) = (healthy(), hostile());
    pages.push(("healthy", page(&of_healthy, &audit(&of_healthy, OPTIONS))));
    pages.push(("hostile", page(&of_hostile, &audit(&of_hostile, OPTIONS))));
    let (of_blind, blind) = blind();
    pages.push(("blind", page(&of_blind, &blind)));
    let of_seeded = Snapshot::read(&root().join("tests/accounts/seeded-500.json.zst")).unwrap();
    pages.push(("seeded", page(&of_seeded, &audit(&of_seeded, OPTIONS))));
    let large = page(&snapshot, &large(10_000, 200, 2_000));
    println!("10,000 findings and 400,000 cells: {} bytes", large.len());
    assert!(large.len() < 30_000_000);
    pages.push(("large", large));
    let Some(directory) = std::env::var_os("GT_AUDIT_HTML_PAGES") else { return };
    for (name, page) in pages {
        std::fs::write(std::path::Path::new(&directory).join(format!("{name}.html")), page).unwrap();
    }
}
