// Without this the page is complete, in the order of names. With it: sorting, grouping, filtering, and
// panels that open when a link leads into them.
(() => {
  const opened = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", opened);
  opened();

  const all = document.getElementById("open-all");
  if (all) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const panels = [...document.querySelectorAll("section details")];
      const open = !panels.every((panel) => panel.open);
      for (const panel of panels) panel.open = open;
    });
  }

  const table = document.querySelector(".matrix");
  if (!table) return;
  const controls = document.querySelector(".controls");
  const [filter, group, order] = ["filter", "group", "order"].map((id) => document.getElementById(id));
  const said = document.getElementById("said");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.querySelectorAll("[data-key]")];
  controls.hidden = false;
  let key = "name", down = false;

  const value = (row, name) => row.dataset[name];
  const compare = (a, b) => {
    const [x, y] = [value(a, key), value(b, key)];
    const by = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
    return (down ? -by : by) || a.dataset.name.localeCompare(b.dataset.name);
  };
  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = rows.filter((row) => words.every((word) => row.dataset.text.includes(word)));
    const groups = new Map();
    for (const row of wanted.sort(compare)) {
      const name = group.value ? value(row, group.value) : "";
      groups.set(name, [...(groups.get(name) ?? []), row]);
    }
    body.replaceChildren();
    for (const name of [...groups.keys()].sort()) {
      if (name) {
        const row = body.insertRow();
        row.className = "group";
        row.setAttribute("role", "row");
        const head = document.createElement("th");
        head.colSpan = table.tHead.rows[0].cells.length;
        head.scope = "rowgroup";
        head.setAttribute("role", "rowheader");
        head.textContent = `${name} (${groups.get(name).length})`;
        row.append(head);
      }
      body.append(...groups.get(name));
    }
    for (const head of heads) {
      const sorted = head.dataset.key === key;
      if (sorted) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    order.value = `${key} ${down ? "down" : "up"}`;
    said.textContent = `${wanted.length} of ${rows.length} servers`;
  };
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      down = head.dataset.key === key ? !down : head.classList.contains("number");
      key = head.dataset.key;
      show();
    });
  }
  filter.addEventListener("input", show);
  group.addEventListener("change", show);
  order.addEventListener("change", () => {
    const [by, direction] = order.value.split(" ");
    [key, down] = [by, direction === "down"];
    show();
  });
  show();
})();
