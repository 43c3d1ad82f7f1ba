//! Which proxy stands between here and an address, as the usual variables say: to name it where no answer comes.
//!
//! The SDK reads the same variables to go through it; this module only tells.

/// The variable that names the proxy, and its value.
pub(super) type Named = (&'static str, String);

/// The proxy on the way to a URL.
pub(super) fn on_the_way(url: &str, variable: impl Fn(&str) -> Option<String>) -> Option<Named> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    // `[::1]:4566` or `host:4566`.
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let bypassed = ["NO_PROXY", "no_proxy"].iter().find_map(|name| variable(name));
    if bypassed.is_some_and(|list| list.split(',').any(|entry| covers(entry.trim(), host))) {
        return None;
    }
    let names = if scheme == "https" {
        ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    };
    names.into_iter().find_map(|name| Some((name, variable(name).filter(|value| !value.is_empty())?)))
}

fn covers(entry: &str, host: &str) -> bool {
    let domain = entry.trim_start_matches('.');
    entry == "*" || (!domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_is_the_one_that_the_variables_name_for_the_address() {
        let https = ("HTTPS_PROXY", "http://proxy:3128");
        let named = |url: &str, set: &[(&str, &str)]| {
            let value = |name: &str| set.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned());
            on_the_way(url, value).map(|(name, _)| name)
        };
        let sts = "https://sts.us-east-1.amazonaws.com";
        assert_eq!(named(sts, &[]), None);
        assert_eq!(named(sts, &[https]), Some("HTTPS_PROXY"));
        assert_eq!(named("http://127.0.0.1:4566/", &[https]), None);
        assert_eq!(named("http://127.0.0.1:4566/", &[("all_proxy", "p")]), Some("all_proxy"));
        assert_eq!(named(sts, &[("HTTPS_PROXY", "")]), None);
        for (list, bypassed) in
            [("*", true), ("amazonaws.com", true), ("localhost, .amazonaws.com", true), ("aws.com", false), ("", false)]
        {
            assert_eq!(named(sts, &[https, ("no_proxy", list)]).is_none(), bypassed, "{list}");
        }
        assert_eq!(named("http://user:p@[::1]:4566", &[("http_proxy", "p"), ("NO_PROXY", "::1")]), None);
    }
}
