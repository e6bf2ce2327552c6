// Fills the lists of flavors anew: one may have come since the page was made.
for (const select of document.querySelectorAll("select[data-flavors]")) refill(select);

async function refill(select) {
  const chosen = select.value;
  let flavors = ["default"];
  try {
    const response = await fetch(select.dataset.flavors, { headers: { Accept: "application/json" } });
    if (response.ok) flavors = (await response.json()).flavors;
  } catch {
    /* the server is away: default is always there */
  }
  const same =
    flavors.length === select.options.length && flavors.every((name, index) => select.options[index].value === name);
  if (same) return;
  select.replaceChildren(...flavors.map((name) => new Option(name, name, name === "default", name === chosen)));
  if (!flavors.includes(chosen)) select.value = "default";
  mark(select);
}

// The pictures of the looks choose in the list, which works without them.
document.addEventListener("click", ({ target }) => {
  const look = target.closest?.("[data-looks] button");
  const select = document.querySelector("select[data-flavors]");
  if (!look || select.value === look.value) return;
  select.value = look.value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
});
document.addEventListener("change", ({ target }) => {
  if (target.matches("select[data-flavors]")) mark(target);
});

function mark(select) {
  for (const look of document.querySelectorAll("[data-looks] button"))
    look.setAttribute("aria-pressed", String(look.value === select.value));
}
