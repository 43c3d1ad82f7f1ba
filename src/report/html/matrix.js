// The matrix: only the cells in view stand in the document, and the chosen one.
const reach = () => {
  const grid = byId("grid");
  if (!grid || !data.resources.length || !data.classes.length) return;
  const narrow = matchMedia("(max-width: 760px)").matches;
  const size = { row: narrow ? 40 : 30, column: narrow ? 44 : 42, head: narrow ? 150 : 190, first: narrow ? 170 : 300 };
  const longest = Math.max(...data.resources.map((n) => arns[n][1].length));
  if (!narrow) size.first = Math.min(420, Math.max(190, longest * 7.6 + 34));
  const roleLength = Math.max(...data.classes.map((roles) => Math.min(60, arns[roles[0]][1].length)));
  size.head = Math.min(size.head, Math.max(90, roleLength * 7 + 30));
  const tools = { q: "", roles: "", hidden: false, grouped: true };
  let columns = [];
  let lines = [];
  let chosen = { line: 1, column: 0 };
  const cells = new Map();
  const rows = new Map();
  const heads = new Map();
  let cols, bodyRows;
  const name = (column) => arns[column.roles[0]][1] + (column.roles.length > 1 ? " and " + number(column.roles.length - 1) + " more" : "");
  const letter = (line, column) => data.cells[line.resource][column.cell];
  const resource = (line) => arns[data.resources[line.resource]];
  let keys;
  const layout = () => {
    keys ||= data.classes.map((_, cell) => data.cells.map((row) => row[cell]).join(""));
    const wanted = tools.roles.toLowerCase();
    columns = [];
    const seen = new Map();
    for (const [cell, roles] of data.classes.entries()) {
      const some = wanted ? roles.filter((n) => arns[n][0].toLowerCase().includes(wanted)) : roles;
      if (!some.length) continue;
      if (!tools.grouped) { for (const n of some) columns.push({ cell, roles: [n] }); continue; }
      const key = keys[cell];
      const known = seen.get(key);
      if (known) known.roles = known.roles.concat(some);
      else { const column = { cell, roles: some }; seen.set(key, column); columns.push(column); }
    }
    const text = tools.q.toLowerCase();
    lines = [];
    let kind = "";
    for (const [place, n] of data.resources.entries()) {
      if (text && !arns[n][0].toLowerCase().includes(text)) continue;
      if (tools.hidden && columns.every((column) => data.cells[place][column.cell] === "a")) continue;
      if (arns[n][2] !== kind) { kind = arns[n][2]; lines.push({ kind: kind[0].toUpperCase() + kind.slice(1) + "s" }); }
      lines.push({ resource: place });
    }
    if (chosen.line >= lines.length || !lines[chosen.line] || lines[chosen.line].kind) chosen.line = lines.length > 1 ? 1 : 0;
    chosen.column = Math.max(0, Math.min(chosen.column, columns.length - 1));
  };
  const width = () => size.first + columns.length * size.column;
  const fit = () => {
    const bar = size.head + lines.length * size.row > grid.clientHeight ? 18 : 3;
    grid.style.width = Math.min(width() + bar, grid.parentElement.clientWidth) + "px";
  };
  const build = () => {
    layout();
    cells.clear(); rows.clear(); heads.clear();
    grid.setAttribute("aria-rowcount", lines.length + 1);
    grid.setAttribute("aria-colcount", columns.length + 1);
    const corner = make("div", { class: "corner", role: "columnheader", "aria-colindex": "1" }, number(lines.filter((line) => !line.kind).length) + " resources × " + counted(columns.reduce((sum, column) => sum + column.roles.length, 0), "role"));
    corner.style.width = size.first + "px";
    const headRow = make("div", { role: "row", "aria-rowindex": "1" }, corner);
    headRow.style.height = "100%";
    cols = make("div", { class: "cols", role: "rowgroup" }, headRow);
    cols.style.width = width() + "px";
    cols.style.height = size.head + "px";
    cols.head = headRow;
    bodyRows = make("div", { class: "body-rows", role: "rowgroup" });
    bodyRows.style.width = width() + "px";
    bodyRows.style.height = lines.length * size.row + "px";
    grid.replaceChildren(cols, bodyRows);
    fit();
    paint();
    tell();
  };
  const label = (line, column) => {
    const [, named, kind] = resource(line);
    const about = related(line, column);
    return name(column) + ", " + kind + " " + named + ": " + STATES[letter(line, column)] + (about.length ? ". " + about[0].message : "");
  };
  const related = (line, column) => {
    const on = data.resources[line.resource];
    const roles = new Set(column.roles);
    return findings.filter((finding) => finding.resources.includes(on) && (!finding.principals.length || finding.principals.some((n) => roles.has(n))));
  };
  const keep = (map, wanted, parent, create) => {
    for (const [key, element] of map) if (!wanted.has(key)) { element.remove(); map.delete(key); }
    for (const key of wanted) if (!map.has(key)) { const element = create(key); map.set(key, element); parent(key).append(element); }
  };
  const paint = () => {
    const spare = 2;
    const from = Math.max(0, Math.floor(grid.scrollTop / size.row) - spare);
    const to = Math.min(lines.length, Math.ceil((grid.scrollTop + grid.clientHeight - size.head) / size.row) + spare);
    const left = Math.max(0, Math.floor(grid.scrollLeft / size.column) - spare);
    const right = Math.min(columns.length, Math.ceil((grid.scrollLeft + grid.clientWidth - size.first) / size.column) + spare);
    const visible = [];
    for (let line = from; line < to; line++) visible.push(line);
    if (lines.length && !visible.includes(chosen.line)) visible.push(chosen.line);
    const across = [];
    for (let column = left; column < right; column++) across.push(column);
    if (columns.length && !across.includes(chosen.column)) across.push(chosen.column);
    keep(heads, new Set(across), () => cols.head, (place) => {
      const head = make("div", { class: "col", role: "columnheader", "aria-colindex": place + 2, "aria-label": name(columns[place]), title: name(columns[place]) }, make("span", {}, ...breakable(name(columns[place]))));
      head.style.left = size.first + place * size.column + "px";
      head.style.width = size.column + "px";
      return head;
    });
    keep(rows, new Set(visible), () => bodyRows, (place) => {
      const line = lines[place];
      const text = line.kind || resource(line)[1];
      const head = make("div", { class: "rh", role: "rowheader", "aria-colindex": "1", title: text }, make("span", {}, text));
      head.style.width = size.first + "px";
      const element = make("div", { class: line.kind ? "r kind" : "r", role: "row", "aria-rowindex": place + 2 }, head);
      element.style.top = place * size.row + "px";
      element.style.height = size.row + "px";
      element.style.width = width() + "px";
      return element;
    });
    const wanted = new Set();
    for (const line of visible) if (!lines[line].kind) for (const column of across) wanted.add(line + ":" + column);
    keep(cells, wanted, (key) => rows.get(Number(key.split(":")[0])), (key) => {
      const [line, column] = key.split(":").map(Number);
      const state = letter(lines[line], columns[column]);
      const here = line === chosen.line && column === chosen.column;
      const cell = make("div", { class: "c c-" + state, role: "gridcell", "aria-colindex": column + 2, tabindex: here ? "0" : "-1", "aria-selected": String(here), "aria-label": name(columns[column]) + ", " + resource(lines[line])[1] + ": " + STATES[state] }, symbol(state));
      cell.dataset.key = key;
      cell.style.left = size.first + column * size.column + "px";
      cell.style.width = size.column + "px";
      return cell;
    });
  };
  const breakable = (text) => text.split(/(?<=[-_/])/).flatMap((part) => [part, make("wbr")]);
  const pane = byId("pane");
  const tell = () => {
    const line = lines[chosen.line];
    const column = columns[chosen.column];
    if (!line || line.kind || !column) { pane.replaceChildren("nothing matches"); return; }
    const [, named, kind] = resource(line);
    const state = letter(line, column);
    const about = related(line, column);
    const members = column.roles.slice(0, 8).map((n) => arns[n][1]).join(", ") + (column.roles.length > 8 ? " and " + number(column.roles.length - 8) + " more" : "");
    const chip = make("span", { class: "cell c-" + state }, symbol(state));
    pane.replaceChildren(make("b", {}, kind + " " + named), make("p", { class: "dim" }, members), make("p", { class: "state" }, chip, STATES[state]));
    const messages = new Set(about.slice(0, 5).map((finding) => finding.message));
    for (const message of messages) pane.append(make("p", {}, words(message)));
    if (about.length) {
      const links = make("p", {}, about.length > 1 ? "Findings: " : "Finding: ");
      for (const finding of about.slice(0, 20)) links.append(make("a", { class: "id", href: "#" + finding.id }, short(finding)), " ");
      pane.append(links);
    }
    const cell = cells.get(chosen.line + ":" + chosen.column);
    if (cell) cell.setAttribute("aria-label", label(line, column));
  };
  const choose = (line, column, focus) => {
    const was = cells.get(chosen.line + ":" + chosen.column);
    if (was) { was.tabIndex = -1; was.setAttribute("aria-selected", "false"); }
    chosen = { line, column };
    const top = line * size.row;
    const high = grid.clientHeight - size.head;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + size.row > grid.scrollTop + high) grid.scrollTop = top + size.row - high;
    const start = column * size.column;
    const wide = grid.clientWidth - size.first;
    if (start < grid.scrollLeft) grid.scrollLeft = start;
    else if (start + size.column > grid.scrollLeft + wide) grid.scrollLeft = start + size.column - wide;
    paint();
    const cell = cells.get(line + ":" + column);
    if (!cell) return;
    cell.tabIndex = 0;
    cell.setAttribute("aria-selected", "true");
    tell();
    if (focus) cell.focus({ preventScroll: true });
  };
  const step = (line, by) => {
    let next = line;
    for (let left = Math.abs(by); left > 0; ) {
      const at = next + Math.sign(by);
      if (at < 0 || at >= lines.length) break;
      next = at;
      if (!lines[next].kind) left--;
    }
    return lines[next].kind ? line : next;
  };
  grid.addEventListener("keydown", (event) => {
    const { line, column } = chosen;
    const last = columns.length - 1;
    const screen = Math.max(1, Math.floor((grid.clientHeight - size.head) / size.row) - 1);
    const to = {
      ArrowDown: () => [step(line, 1), column], ArrowUp: () => [step(line, -1), column],
      ArrowRight: () => [line, Math.min(last, column + 1)], ArrowLeft: () => [line, Math.max(0, column - 1)],
      PageDown: () => [step(line, screen), column], PageUp: () => [step(line, -screen), column],
      Home: () => (event.ctrlKey ? [step(0, 1), 0] : [line, 0]),
      End: () => (event.ctrlKey ? [lines.length - 1, last] : [line, last]),
    }[event.key];
    if (to) { event.preventDefault(); choose(...to(), true); return; }
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      const [first] = related(lines[line], columns[column]);
      if (first) location.hash === "#" + first.id ? open(first.id) : (location.hash = first.id);
    } else if (event.key === "Escape") {
      byId("reach-q").focus();
    }
  });
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-key]");
    if (cell) choose(...cell.dataset.key.split(":").map(Number), true);
  });
  let asked = false;
  grid.addEventListener("scroll", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; paint(); });
  }, { passive: true });
  const toggle = (id, field) => byId(id).addEventListener("click", () => {
    tools[field] = !tools[field];
    byId(id).setAttribute("aria-pressed", String(tools[field]));
    build();
  });
  toggle("hide-all", "hidden");
  toggle("group", "grouped");
  byId("reach-q").addEventListener("input", () => { tools.q = byId("reach-q").value.trim(); build(); });
  byId("reach-roles").addEventListener("input", () => { tools.roles = byId("reach-roles").value.trim(); build(); });
  byId("tools").hidden = false;
  byId("matrix").hidden = false;
  build();
  new ResizeObserver(() => requestAnimationFrame(() => {
    fit();
    paint();
  })).observe(grid.parentElement);
};
