// The findings: filters, rows and links. One block with matrix.js and start.js, in this order.

const PAGE = 50;
const PRINTED = 500;
const data = JSON.parse(document.getElementById("data").content.textContent);
const { arns, findings } = data;
const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const STATES = { a: "all", s: "some", t: "only keys with a token", n: "none", d: "explicit deny", u: "unknown" };

// Everything below is made of elements and text nodes: names and policies are strangers' text.
const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
};

// Only spaces break a line: what is no plain English word stands in a box of its own.
const PLAIN = /^[A-Za-z,;.()]*$/;
const words = (sentence) => {
  const fragment = document.createDocumentFragment();
  let text = "";
  for (const [place, word] of sentence.split(" ").entries()) {
    if (place > 0) text += " ";
    if (PLAIN.test(word)) { text += word; continue; }
    const quoted = /^`([^`]+)`([;,.)]*)$/.exec(word);
    if (quoted) { fragment.append(text, make("code", { class: "n" }, quoted[1])); text = quoted[2]; continue; }
    fragment.append(text, make("span", { class: "n" }, word));
    text = "";
  }
  fragment.append(text);
  return fragment;
};
const symbol = (letter) => {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [["width", "18"], ["height", "18"], ["aria-hidden", "true"], ["focusable", "false"]]) svg.setAttribute(name, value);
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", "#s-" + letter);
  svg.append(use);
  return svg;
};
const short = (finding) => finding.id.slice(0, data.digits);
const number = (count) => count.toLocaleString("en-US");
const counted = (count, what) => number(count) + " " + what + (count === 1 ? "" : "s");

// Filters.
const SEVERITIES = ["high", "medium", "low", "info"];
const rank = Object.fromEntries(SEVERITIES.map((severity, place) => [severity, place]));
const state = { severity: new Set(), rule: "", role: "", res: "", job: "", q: "", sort: "", page: 0 };
for (const finding of findings) {
  finding.table ||= [];
  const about = [...finding.principals, ...finding.resources, ...(finding.job === undefined ? [] : [finding.job])];
  const names = about.slice(0, 400).map((n) => arns[n][1]);
  const actions = finding.table.filter(([name]) => name === "actions" || name === "field").map(([, value]) => value);
  finding.hay = [finding.id, finding.rule, finding.subject, finding.message, ...actions, ...names].join("\n").toLowerCase();
}
const matches = (numbers, text) => numbers.some((n) => arns[n][1] === text || arns[n][0] === text);
const contains = (numbers, text) => numbers.some((n) => arns[n][0].toLowerCase().includes(text));
const isKnown = { role: new Set(), res: new Set() };
let shown = [];
const filter = () => {
  const terms = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const of = (field, numbers) => {
    const text = state[field].trim();
    if (!text) return true;
    return isKnown[field].has(text) ? matches(numbers, text) : contains(numbers, text.toLowerCase());
  };
  shown = findings.filter((finding) =>
    (state.severity.size === 0 || state.severity.has(finding.severity))
    && (!state.rule || finding.rule === state.rule)
    && of("role", finding.principals) && of("res", finding.resources)
    && (!state.job || (finding.job !== undefined && matches([finding.job], state.job)))
    && terms.every((term) => finding.hay.includes(term)));
  const by = { rule: (f) => f.rule, subject: (f) => f.subject }[state.sort];
  if (by) {
    const key = new Map(shown.map((finding) => [finding, by(finding)]));
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    shown.sort((a, b) => compare(key.get(a), key.get(b)) || rank[a.severity] - rank[b.severity]);
  }
  state.page = Math.min(state.page, Math.max(0, Math.ceil(shown.length / PAGE) - 1));
};

// Rows.
const list = byId("list");
const heading = (front, kind, said) => make("h3", {}, front + " ", make("span", { class: "kind" }, kind ? "(" + kind + ") " : ""), words(said));
const figure = (caption, pre, button) => make("figure", {}, make("figcaption", {}, make("span", {}, caption), ...(button ? [button] : [])), pre);
const statement = (cause) => {
  const { place, lines } = data.statements[cause.statement];
  const marked = new Map((cause.marks || []).map(([element, note, decides]) => [element.toLowerCase(), [note, decides]]));
  const seen = new Set();
  const pre = make("pre", {});
  for (const [element, text] of lines) {
    const key = element.toLowerCase();
    const line = make("code", { class: "l" }, text);
    if (marked.has(key)) {
      const [note, decides] = marked.get(key);
      line.classList.add(decides ? "decides" : "leads");
      if (!seen.has(key)) {
        line.classList.add("first");
        line.append(" ", make("span", { class: "label" }, (decides ? "◀ " : "← ") + note));
      }
      seen.add(key);
    }
    line.append("\n");
    pre.append(line);
  }
  return lines.length ? figure(place, pre) : make("p", {}, place);
};
const copyable = (text) => {
  const button = make("button", { type: "button" }, "Copy");
  const code = make("code", {}, text);
  button.addEventListener("click", () => {
    const select = () => {
      const range = document.createRange();
      range.selectNodeContents(code);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      button.textContent = "Selected: press Ctrl+C";
    };
    if (!navigator.clipboard) { select(); return; }
    navigator.clipboard.writeText(text).then(() => { button.textContent = "Copied"; }, select);
  });
  return figure("policy statement", make("pre", { class: "code", tabindex: "0" }, code), button);
};
const pairs = (name, numbers) => {
  const most = 12;
  const row = (what, value) => make("div", {}, make("dt", {}, what), " ", make("dd", {}, value));
  const rows = numbers.slice(0, most).map((n, place) => row(place === 0 ? name + (numbers.length > 1 ? "s" : "") : "", make("code", {}, arns[n][0])));
  if (numbers.length > most) rows.push(row("", "and " + counted(numbers.length - most, "more").replace(/mores$/, "more") + " (the JSON report has all)"));
  return rows;
};
const body = (finding) => {
  const element = make("div", { class: "body" });
  const table = make("dl", {}, ...pairs("principal", finding.principals), ...pairs("resource", finding.resources));
  for (const [name, value] of finding.table) table.append(make("div", {}, make("dt", {}, name), " ", make("dd", {}, make("code", {}, value))));
  element.append(table);
  let causes = 0;
  for (const cause of finding.causes) {
    if (cause.kind) element.append(heading("Cause " + ++causes, cause.kind, cause.said));
    else element.append(make("h3", {}, "What the policy has"));
    if (cause.statement !== undefined) element.append(statement(cause));
  }
  for (const [place, fix] of finding.fixes.entries()) {
    element.append(heading("Fix " + (place + 1), fix.kind, fix.said));
    for (const code of fix.codes || []) element.append(copyable(data.codes[code]));
  }
  const links = make("p", {}, "Link to this finding: ", make("a", { class: "id", href: "#" + finding.id }, "#" + finding.id));
  const page = finding.page === undefined ? "" : data.pages[finding.page];
  if (page.startsWith("https://docs.aws.amazon.com/")) links.append(" · AWS: ", make("a", { class: "n", href: page, rel: "noreferrer" }, page.slice(8)));
  element.append(links, make("p", {}, "In a terminal: ", make("code", {}, "gt-audit explain " + short(finding)), " · ", make("code", {}, "gt-audit fix " + short(finding))));
  return element;
};
const row = (finding) => {
  const summary = make("summary", {},
    make("span", { class: "row" },
      make("span", { class: "sev " + finding.severity }, finding.severity), " ",
      make("span", { class: "id" }, short(finding)), " ",
      make("span", { class: "rule n" }, finding.rule), " ",
      make("span", { class: "subject n" }, finding.subject)), " ",
    make("span", { class: "said dim" }, words(finding.message)));
  const details = make("details", { id: finding.id }, summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(body(finding));
  });
  return make("li", {}, details);
};
const draw = (from, count) => list.replaceChildren(...shown.slice(from, from + count).map(row));
const drawPage = () => {
  const first = state.page * PAGE;
  const last = Math.min(first + PAGE, shown.length);
  draw(first, PAGE);
  const which = shown.length === 0 ? "no finding matches" : counted(shown.length, "finding") + ", " + number(first + 1) + " to " + number(last) + " shown";
  byId("status").textContent = shown.length === findings.length ? which : which + " (of " + number(findings.length) + ")";
  byId("previous").disabled = first === 0;
  byId("next").disabled = last >= shown.length;
};
const severities = byId("severities");
const buttons = {};
const controls = { rule: byId("rule"), role: byId("role"), res: byId("res"), q: byId("q"), sort: byId("sort") };
const showControls = () => {
  for (const [severity, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(state.severity.has(severity)));
  for (const [name, control] of Object.entries(controls)) if (control.value !== state[name]) control.value = state[name];
};
const refresh = () => { filter(); showControls(); drawPage(); };

// The fragment: `#?severity=high&q=…` are filters, `#94ca` is a finding.
let written = 0;
const write = () => {
  clearTimeout(written);
  written = setTimeout(() => {
    const query = new URLSearchParams();
    if (state.severity.size) query.set("severity", [...state.severity].join(","));
    for (const name of ["rule", "role", "res", "job", "q", "sort"]) if (state[name].trim()) query.set(name, state[name].trim());
    const text = query.toString();
    try { history.replaceState(null, "", text ? "#?" + text : location.pathname + location.search); } catch { /* some browsers forbid it to files */ }
  }, 400);
};
const change = () => { state.page = 0; refresh(); write(); };
const clear = () => Object.assign(state, { severity: new Set(), rule: "", role: "", res: "", job: "", q: "", sort: "", page: 0 });
const open = (id) => {
  const [finding, another] = findings.filter((one) => one.id.startsWith(id));
  if (!finding || another) return false;
  if (!shown.includes(finding)) { clear(); filter(); }
  state.page = Math.floor(shown.indexOf(finding) / PAGE);
  refresh();
  const details = byId(finding.id);
  details.open = true;
  if (details.childElementCount === 1) details.append(body(finding));
  details.scrollIntoView({ block: "start" });
  details.firstElementChild.focus({ preventScroll: true });
  return true;
};
const follow = () => {
  const fragment = location.hash.slice(1);
  if (fragment.startsWith("?")) {
    clear();
    const query = new URLSearchParams(fragment.slice(1));
    for (const name of ["rule", "role", "res", "job", "q", "sort"]) state[name] = query.get(name) || "";
    for (const severity of (query.get("severity") || "").split(",")) if (severity in rank) state.severity.add(severity);
    refresh();
    byId("findings").scrollIntoView();
  } else if (/^[0-9a-f]{4,16}$/.test(fragment)) {
    open(fragment);
  }
};

// The controls, with counts.
const tally = (of) => {
  const counts = new Map();
  for (const finding of findings) for (const key of of(finding)) counts.set(key, (counts.get(key) || 0) + 1);
  return [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1));
};
const bySeverity = new Map(tally((finding) => [finding.severity]));
for (const severity of SEVERITIES.filter((one) => bySeverity.has(one))) {
  const button = make("button", { type: "button", "aria-pressed": "false" }, make("span", { class: severity }, severity), " " + number(bySeverity.get(severity)));
  button.addEventListener("click", () => {
    if (!state.severity.delete(severity)) state.severity.add(severity);
    change();
  });
  buttons[severity] = button;
  severities.append(button);
}
controls.rule.append(make("option", { value: "" }, "all rules"));
for (const [rule, count] of tally((finding) => [finding.rule])) controls.rule.append(make("option", { value: rule }, rule + " (" + number(count) + ")"));
const options = (id, field, of) => {
  const names = new Set();
  for (const finding of findings) for (const n of of(finding)) { names.add(arns[n][1]); isKnown[field].add(arns[n][0]); }
  for (const name of names) isKnown[field].add(name);
  byId(id).append(...[...names].sort().slice(0, 2000).map((name) => make("option", { value: name })));
};
options("roles", "role", (finding) => finding.principals);
options("resources", "res", (finding) => finding.resources);
// Keys that come faster than frames are filtered by together.
let asked = 0;
for (const name of ["q", "role", "res"]) {
  controls[name].addEventListener("input", () => {
    state[name] = controls[name].value;
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(change);
  });
}
for (const name of ["rule", "sort"]) controls[name].addEventListener("change", () => { state[name] = controls[name].value; change(); });
byId("clear").addEventListener("click", () => { clear(); change(); });
byId("more").addEventListener("click", () => {
  byId("more").setAttribute("aria-expanded", String(byId("others").classList.toggle("open")));
});
const turn = (by) => { state.page += by; refresh(); byId("pager").scrollIntoView({ block: "nearest" }); };
byId("previous").addEventListener("click", () => turn(-1));
byId("next").addEventListener("click", () => turn(1));
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName || "");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    controls.q.focus();
  }
});
addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) follow();
});
addEventListener("hashchange", follow);
// What is filtered is what is printed.
const opened = () => new Set([...list.querySelectorAll("details[open]")].map((details) => details.id));
addEventListener("beforeprint", () => {
  const were = opened();
  const all = shown.length === findings.length ? "" : " that match, of " + number(findings.length);
  const cut = shown.length > PRINTED ? "; the first " + number(PRINTED) + " of them are printed" : "";
  byId("printed").textContent = counted(shown.length, "finding") + all + cut;
  draw(0, PRINTED);
  for (const id of were) { const details = byId(id); if (details) details.open = true; }
});
addEventListener("afterprint", drawPage);
