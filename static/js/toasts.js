// Toasts: closed by their button; good news leaves by itself, bad news stays.

export function toast(message, tone = "bad") {
  const box = document.createElement("div");
  box.className = `toast toast-${tone}`;
  box.setAttribute("role", tone === "bad" ? "alert" : "status");
  const words = Object.assign(document.createElement("p"), { textContent: message });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "icon-button", textContent: "×" });
  close.setAttribute("aria-label", "Dismiss");
  close.dataset.toastClose = "";
  box.append(words, close);
  document.getElementById("toasts").append(box);
  if (tone !== "bad") setTimeout(() => box.remove(), 6000);
}

document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest(".toast").remove());

// What a form was refused is said beside it; what has no place of its own is a toast.
const PLACED = "dialog form, .scene form, #inspector form, section.card form";
export function tell(element, words) {
  if (element.matches(PLACED)) import("./refusals.js").then(({ refuse }) => refuse(element, words), () => toast(words));
  else toast(words);
}
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt } = detail.requestConfig;
  if (!detail.isError || !elt.matches(PLACED)) return;
  detail.shouldSwap = false;
  tell(elt, detail.serverResponse);
});
document.addEventListener("htmx:sendError", (event) => {
  if (event.target.id !== "poller") tell(event.target, "The server cannot be reached. Nothing was lost; try again in a moment.");
});
