// Narrows the list of services to what is typed, and to what the search of another page asked for.
// Without it the list is whole.
(() => {
  const table = document.querySelector("table[data-filtered]");
  const form = document.querySelector("form.filter");
  if (!table || !form) return;
  const input = form.querySelector("input");
  const found = form.querySelector("[role=status]");
  const groups = [...table.tBodies].map((body) => ({
    body,
    rows: [...body.rows]
      .filter((row) => !row.classList.contains("letter"))
      .map((row) => ({ row, text: [...row.querySelectorAll("a, th")].map((part) => part.textContent).join(" ").toLowerCase() })),
  }));

  function narrow() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    let last = null;
    for (const group of groups) {
      let left = 0;
      for (const { row, text } of group.rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) {
          left += 1;
          last = row;
        }
      }
      group.body.hidden = left === 0;
      count += left;
    }
    found.textContent = words.length === 0 ? "" : count === 1 ? "1 found; Enter opens it" : `${count} found`;
    return count === 1 ? last : null;
  }

  form.hidden = false;
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  input.addEventListener("input", narrow);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    narrow()?.querySelector("a")?.click();
  });
  narrow();
})();
