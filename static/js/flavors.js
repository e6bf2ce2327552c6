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
}
