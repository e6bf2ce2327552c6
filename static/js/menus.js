// Menus are <details>: they open without this. Here: one at a time, Escape, arrows, closing after a choice.

const openMenus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target) || event.target.closest(".menu-items button, .menu-items a")) menu.open = false;
  }
});

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (menu.matches?.("details[data-menu]") && menu.open) opened(menu);
  },
  true,
);

function opened(menu) {
  for (const other of openMenus()) if (other !== menu) other.open = false;
  const items = menu.querySelector(".menu-items");
  // Near the bottom of the window the menu opens upwards; one that is longer than the window scrolls.
  const { top, bottom } = menu.getBoundingClientRect();
  const [above, below] = [top - 64, innerHeight - bottom - 12]; // the bar of the page stays on top
  const upwards = items.scrollHeight > below && above > below;
  items.classList.toggle("menu-up", upwards);
  items.style.maxHeight = `${Math.max(160, upwards ? above : below)}px`;
  items.style.top = items.style.bottom = "";
  if (getComputedStyle(items).position === "fixed") {
    // In a row that scrolls, which would cut it off.
    const { right } = menu.getBoundingClientRect();
    Object.assign(
      items.style,
      upwards ? { bottom: `${innerHeight - top + 4}px`, top: "auto" } : { top: `${bottom + 4}px` },
    );
    items.style.right = `${innerWidth - right}px`;
    const over = items.getBoundingClientRect().left - 12;
    if (over < 0) items.style.right = `${innerWidth - right + over}px`;
    return;
  }
  items.style.right = "0";
  items.style.right = `${Math.min(0, items.getBoundingClientRect().left - 12)}px`;
}
document.addEventListener(
  "scroll",
  ({ target }) => {
    for (const menu of openMenus()) if (target.contains(menu) && target !== document) menu.open = false;
  },
  true,
);
openMenus().forEach(opened); // before this script was here

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const items = [...menu.querySelectorAll(".menu-items :is(button:not(:disabled), a)")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = (items.indexOf(document.activeElement) + step + items.length) % items.length;
    items[items.indexOf(document.activeElement) < 0 && step < 0 ? items.length - 1 : next]?.focus();
    event.preventDefault();
  }
});
