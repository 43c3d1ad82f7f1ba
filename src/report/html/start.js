// Without script the page is a report too; this is what only a script can do.

document.documentElement.classList.add("js");
for (const id of ["filters", "pager"]) byId(id).hidden = false;
const rest = byId("rest");
if (rest) rest.hidden = true;
refresh();
reach();
follow();
// Where the page has loaded, the browser goes to the fragment by itself, and takes the focus away.
addEventListener("load", () => setTimeout(() => { if (/^#[0-9a-f]{4,16}$/.test(location.hash)) follow(); }));
