"""What the HTML report does in a real browser: `check.py PAGES AXE`. Called by `.ci/check-html`, which writes the pages.

Each check is a function of the directory of pages; what it asserts is what the report promises its readers. Pictures go to
GT_AUDIT_SCREENSHOTS, if that is set.
"""

import json
import os
import pathlib
import re
import sys
import time
from statistics import median

from driver import Browser

PAGES = pathlib.Path(sys.argv[1])
AXE = pathlib.Path(sys.argv[2]).read_text()
PICTURES = os.environ.get("GT_AUDIT_SCREENSHOTS")

ROWS = "return [...document.querySelectorAll('#list details')].map(d => d.id)"
STATUS = "return document.getElementById('status').textContent"


def data(name):
    return json.loads(re.search(r'<template id="data">(.*?)</template>', (PAGES / f"{name}.html").read_text(), re.S)[1])


def page(name):
    return PAGES / f"{name}.html"


def picture(browser, name):
    if PICTURES:
        browser.screenshot(f"{PICTURES}/{name}.png")


def type_into(browser, control, text):
    browser.run("const c = document.getElementById(arguments[0]); c.value = arguments[1];"
                "c.dispatchEvent(new Event('input', {bubbles: true})); c.dispatchEvent(new Event('change', {bubbles: true}))", control, text)


def clean(browser):
    """No violation of the policy, no request, no error, no canary."""
    stopped, canaries = browser.run("return [window.stopped, window.canaries]")
    assert stopped == [], stopped
    assert canaries == 0, "a stranger's script ran"
    assert browser.log() == []
    asked = [url for url in browser.requests() if not url.startswith("file://")]
    assert asked == [], asked


def every_page_is_quiet_and_accessible():
    for width, height in [(1280, 800), (400, 860)]:
        for dark in [False, True]:
            with Browser(width, height, dark) as browser:
                for name in ["story", "hostile", "blind", "seeded", "healthy"]:
                    browser.open(page(name))
                    theme = "dark" if dark else "light"
                    picture(browser, f"{name}-{width}-{theme}")
                    wide = browser.run("return document.documentElement.scrollWidth")
                    assert wide <= width, f"{name} at {width}: scrolls sideways to {wide}"
                    if ids := browser.run(ROWS):
                        browser.run("location.hash = arguments[0]", ids[0])
                        browser.until("return document.querySelector('#list details[open] .body')")
                    browser.run(AXE)
                    found = browser.wait("axe.run(document, {resultTypes: ['violations']}).then(r => arguments[0]("
                                         "r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(' | '))))")
                    assert found == [], f"{name} {width} {theme}: {found}"
                    clean(browser)
                    for section in ["findings", "reach", "console"]:
                        browser.run("document.documentElement.style.scrollBehavior = 'auto'; document.getElementById(arguments[0]).scrollIntoView()", section)
                        picture(browser, f"{name}-{width}-{theme}-{section}")


def counts_agree_with_the_data():
    for name in ["story", "seeded"]:
        found = data(name)["findings"]
        with Browser() as browser:
            browser.open(page(name))
            assert browser.run(ROWS) == [one["id"] for one in found][:50]
            assert f"{len(found)} findings" in browser.run(STATUS)
            for severity in {one["severity"] for one in found}:
                wanted = [one["id"] for one in found if one["severity"] == severity]
                browser.run("[...document.querySelectorAll('#severities button')].find(b => b.textContent.startsWith(arguments[0])).click()", severity)
                assert browser.run(ROWS) == wanted[:50], severity
                assert browser.run("return document.querySelector('#severities [aria-pressed=true]').textContent").split()[-1] == str(len(wanted))
                browser.run("document.getElementById('clear').click()")


def filters_search_and_sort():
    story = data("story")
    found, arns = story["findings"], story["arns"]
    with Browser() as browser:
        browser.open(page("story"))
        rule = found[5]["rule"]
        type_into(browser, "rule", rule)
        assert browser.run(ROWS) == [one["id"] for one in found if one["rule"] == rule]
        browser.run("document.getElementById('clear').click()")
        role = next(n for one in found for n in one["principals"])
        type_into(browser, "role", arns[role][1])
        browser.until("return document.getElementById('status').textContent.includes('(of ')")
        assert browser.run(ROWS) == [one["id"] for one in found if any(arns[n][1] == arns[role][1] for n in one["principals"])][:50]
        browser.run("document.getElementById('clear').click()")
        browser.run("document.body.focus()")
        browser.press("/", *"acme-lidar cors")
        browser.until("return document.querySelectorAll('#list details').length === 1")
        assert "bucket-without-cors" in browser.run("return document.getElementById('list').textContent")
        browser.until("return location.hash.includes('q=acme-lidar+cors')")
        type_into(browser, "q", "there is no such thing")
        browser.until("return document.getElementById('status').textContent.startsWith('no finding matches')")
        browser.run("document.getElementById('clear').click()")
        type_into(browser, "sort", "rule")
        rules = browser.run("return [...document.querySelectorAll('#list .rule')].map(e => e.textContent)")
        assert rules == sorted(one["rule"] for one in found)[:50]
        type_into(browser, "sort", "subject")
        subjects = browser.run("return [...document.querySelectorAll('#list .subject')].map(e => e.textContent)")
        assert subjects == sorted(one["subject"] for one in found)[:50]
        clean(browser)


def links_open_a_finding():
    found = data("large")["findings"]
    last = found[-1]["id"]
    with Browser() as browser:
        for fragment in [last, last[:12]]:
            browser.open(page("large"), "#" + fragment)
            browser.until("return document.querySelector('#list details[open]')")
            browser.until(f"return document.activeElement.tagName === 'SUMMARY' && document.activeElement.parentElement.id === '{last}'")
        browser.open(page("large"), "#?severity=high")
        high = [one["id"] for one in found if one["severity"] == "high"]
        assert browser.run(ROWS) == high[:50]
        # Into the third page of filtered findings; and to one that the filter hides.
        browser.run("location.hash = arguments[0]", high[120])
        browser.until(f"return document.getElementById('{high[120]}')?.open")
        assert browser.run(ROWS) == high[100:150]
        browser.run("location.hash = arguments[0]", last)
        browser.until(f"return document.getElementById('{last}')?.open")


def a_finding_has_causes_statements_and_fixes():
    story = data("story")
    finding = next(one for one in story["findings"] if one["causes"] and any("codes" in fix for fix in one["fixes"]) and any("statement" in c for c in one["causes"]))
    with Browser() as browser:
        browser.open(page("story"), "#" + finding["id"])
        browser.until("return document.querySelector('#list details[open] figure')")
        text = browser.run("return document.querySelector('#list details[open]').textContent")
        for cause in finding["causes"]:
            assert cause["said"].replace("`", "") in text.replace("`", "")
            if "statement" in cause:
                statement = story["statements"][cause["statement"]]
                assert statement["place"] in text and all(line in text for _, line in statement["lines"])
        code = next(fix["codes"][0] for fix in finding["fixes"] if "codes" in fix)
        assert story["codes"][code] in text
        assert json.loads(story["codes"][code])["Effect"] == "Allow"
        # The clipboard: exactly the JSON, or else it is selected.
        browser.run("document.querySelector('#list details[open] figure button').click()")
        browser.until("return /Copied|Selected/.test(document.querySelector('#list details[open] figure button').textContent)")
        browser.run("document.documentElement.style.scrollBehavior = 'auto'; document.querySelector('#list details[open]').scrollIntoView()")
        picture(browser, "finding-open")
        assert browser.run("return document.querySelectorAll('#list details[open] .l.decides, #list details[open] .l.leads').length") > 0


def the_keyboard_reaches_everything():
    with Browser() as browser:
        browser.open(page("story"))
        seen = []
        for _ in range(60):
            browser.press("Tab")
            seen.append(browser.run("const e = document.activeElement; return [e.className, e.id, e.tagName, e.getAttribute('href'), e.getAttribute('role')]"))
        assert seen[0][0] == "skip", seen[0]
        assert any(one[3] == "#?severity=high" for one in seen) and any(one[1] == "q" for one in seen) and any(one[1] == "sort" for one in seen)
        browser.run("document.querySelector('#list summary').focus()")
        browser.press("Enter")
        assert browser.run("return document.querySelector('#list details').open")
        browser.press("Enter")
        assert not browser.run("return document.querySelector('#list details').open")
        # The matrix is one stop.
        assert browser.run("return document.querySelectorAll('#grid [tabindex=\"0\"]').length") == 1
        cell = "return document.activeElement.dataset.key"
        browser.run("document.querySelector('#grid [tabindex=\"0\"]').focus()")
        assert browser.run(cell) == "1:0"
        browser.press("Right", "Down", "Down")
        assert browser.run(cell) == "3:1"
        browser.press("End")
        last = browser.run("return document.getElementById('grid').getAttribute('aria-colcount')")
        assert browser.run(cell) == f"3:{int(last) - 2}"
        browser.press("Control+End")
        rows = int(browser.run("return document.getElementById('grid').getAttribute('aria-rowcount')"))
        assert browser.run(cell) == f"{rows - 2}:{int(last) - 2}"
        browser.press("Control+Home", "Left", "Up")
        assert browser.run(cell) == "1:0"
        label = browser.run("return document.activeElement.getAttribute('aria-label')")
        assert "bucket acme-ground-truth-images" in label and "only keys with a token" in label and "no identity-based policy" in label
        browser.press("Enter")
        browser.until("return document.querySelector('#list details[open]') && document.activeElement.tagName === 'SUMMARY'")
        browser.run("document.querySelector('#grid [tabindex=\"0\"]').focus()")
        browser.press("Escape")
        assert browser.run("return document.activeElement.id") == "reach-q"
        clean(browser)


def the_matrix_shows_every_cell():
    story = data("story")
    letters = {"a": "all", "s": "some", "t": "only keys with a token", "n": "none", "d": "explicit deny", "u": "unknown"}
    with Browser(1280, 1600) as browser:
        browser.open(page("story"))
        browser.run("document.getElementById('group').click()")
        shown = browser.run("return Object.fromEntries([...document.querySelectorAll('#grid [role=gridcell]')].map(c => [c.dataset.key, c.getAttribute('aria-label').split('. ')[0].split(': ').pop()]))")
        kinds, line, wanted = [], 0, {}
        for resource, row in zip(story["resources"], story["cells"]):
            if (kind := story["arns"][resource][2]) not in kinds:
                kinds.append(kind)
                line += 1
            wanted.update({f"{line}:{column}": letters[letter] for column, letter in enumerate(row)})
            line += 1
        assert shown == {key: wanted[key] for key in shown} and len(shown) > 60
        type_into(browser, "reach-q", "acme-lidar")
        assert browser.run("return [...document.querySelectorAll('#grid .r:not(.kind) .rh')].map(e => e.textContent)") == ["acme-lidar"]
        type_into(browser, "reach-q", "")
        browser.run("document.getElementById('hide-all').click()")
        names = browser.run("return [...document.querySelectorAll('#grid .r:not(.kind) .rh')].map(e => e.textContent)")
        assert names and "acme-sagemaker-eu" not in names
        words = browser.run("return document.querySelectorAll('#in-words tbody td').length")
        assert words == sum(len(row) for row in story["cells"])


def without_script_it_is_still_a_report():
    with Browser(script=False) as browser:
        browser.open(page("story"))
        text = browser.run("return document.body.innerText")
        for wanted in ["acme-shops", "FAILED", "AWS says", "bucket-out-of-reach", "only keys with a token", "Without JavaScript", "user ann"]:
            assert wanted in text, wanted
        assert "More filters" not in text and "Group equal roles" not in text
        assert browser.run("return document.querySelectorAll('#list details').length") == 0
        picture(browser, "no-script")


def it_prints():
    with Browser() as browser:
        browser.open(page("story"))
        pages = len(re.findall(rb"/Type\s*/Page\b", browser.pdf()))
        assert 2 <= pages <= 12, pages
        browser.cdp("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert browser.run("return getComputedStyle(document.querySelector('nav')).display") == "none"
        assert browser.run("return getComputedStyle(document.getElementById('in-words')).display") == "block"
        picture(browser, "print")
    with Browser() as browser:
        browser.open(page("large"))
        browser.run("dispatchEvent(new Event('beforeprint'))")
        assert browser.run("return document.querySelectorAll('#list details').length") == 500
        assert browser.run("return document.getElementById('printed').textContent") == "10,000 findings; the first 500 of them are printed"
        browser.run("dispatchEvent(new Event('afterprint'))")
        assert browser.run("return document.querySelectorAll('#list details').length") == 50


def a_large_account_stays_usable():
    frame = "const done = arguments[arguments.length - 1]; const start = performance.now(); {}; requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)))"
    with Browser() as browser:
        opened = []
        for _ in range(3):
            browser.open(page("large"))
            browser.until("return document.querySelector('#grid [role=gridcell]')")
            opened.append(browser.run("const [n] = performance.getEntriesByType('navigation'); return Math.max(n.domContentLoadedEventEnd, performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)"))
        elements = browser.run("return document.querySelectorAll('*').length")
        # From a key in the search box to the frame that shows what it finds.
        work = browser.wait("""
            const done = arguments[arguments.length - 1]; const times = []; const q = document.getElementById('q');
            const observer = new MutationObserver(() => { times.push(performance.now()); });
            observer.observe(document.getElementById('list'), {childList: true});
            const texts = ['b', 'bucket', 'function acme', 'cors', 'zz', ''];
            const each = [];
            const next = () => {
              const text = texts.shift();
              if (text === undefined) { observer.disconnect(); done(each); return; }
              const start = performance.now();
              q.value = text; q.dispatchEvent(new Event('input'));
              const wait = () => {
                if (times.length === 0) { requestAnimationFrame(wait); return; }
                times.length = 0;
                requestAnimationFrame(() => { each.push(performance.now() - start); next(); });
              };
              requestAnimationFrame(wait);
            };
            next();""")
        scrolled = browser.wait("""
            const done = arguments[arguments.length - 1]; const grid = document.getElementById('grid'); const steps = [];
            grid.scrollIntoView({behavior: 'instant'});
            let left = 40;
            const step = () => {
              const start = performance.now();
              grid.scrollTop += 317; grid.scrollLeft += 97;
              requestAnimationFrame(() => requestAnimationFrame(() => { steps.push(performance.now() - start); if (--left) step(); else done(steps); }));
            };
            step();""")
        cells = browser.run("return document.querySelectorAll('#grid [role=gridcell]').length")
        narrowed = min(browser.wait(frame.format(
            f"const q = document.getElementById('reach-q'); q.value = '{text}'; q.dispatchEvent(new Event('input'))"))
            for text in ["team-1", "team-19", "team", "no such", ""])
        print(f"10,000 findings, 200 x 2,000 cells: opens in {min(opened):.0f} ms, a key in the search box to the next frame "
              f"{median(work):.0f} ms (worst {max(work):.0f}), a filter of the matrix {narrowed:.0f} ms, a scroll step {median(scrolled):.0f} ms (worst {max(scrolled):.0f}), {elements} elements, {cells} cells")
        # What is held is how much the page shows at a time; how long it takes depends on the machine, and is printed.
        assert elements < 8000 and cells < 1200
        clean(browser)


def a_stopped_script_is_noticed():
    """The checks above can fail: a page with one more script has a violation, and does not run it."""
    broken = PAGES / "stopped.html"
    broken.write_text(page("story").read_text().replace("</main>", "</main><script>canary()</script><p style='color:red'>x</p>"))
    with Browser() as browser:
        browser.open(broken)
        stopped, canaries = browser.run("return [window.stopped, window.canaries]")
        assert len(stopped) == 2 and canaries == 0, (stopped, canaries)


if __name__ == "__main__":
    only = sys.argv[3:]
    for check in [every_page_is_quiet_and_accessible, counts_agree_with_the_data, filters_search_and_sort, links_open_a_finding,
                  a_finding_has_causes_statements_and_fixes, the_keyboard_reaches_everything, the_matrix_shows_every_cell,
                  without_script_it_is_still_a_report, it_prints, a_large_account_stays_usable, a_stopped_script_is_noticed]:
        if only and check.__name__ not in only:
            continue
        start = time.monotonic()
        check()
        print(f"ok   {check.__name__.replace('_', ' ')} ({time.monotonic() - start:.1f} s)", flush=True)
