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

document.addEventListener("htmx:sendError", (event) => {
  if (event.target.id !== "poller") toast("The server cannot be reached. Nothing was lost; try again in a moment.");
});

// What a form was refused is said beside it; what has no place of its own is a toast.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt } = event.detail.requestConfig;
  if (!event.detail.isError || !elt.matches("dialog form, .scene form, #inspector form, section.card form")) return;
  event.detail.shouldSwap = false;
  const { serverResponse } = event.detail;
  import("./refusals.js").then(({ refuse }) => refuse(elt, serverResponse));
});
