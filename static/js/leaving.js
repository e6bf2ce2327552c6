// Whether the page is being left: what its open requests come to then is nobody's problem, and said nowhere.
const STAYED_MILLISECONDS = 3000;
let left = false;

// Another module asks with an event of its own whether anything would be lost. A download, or an answer to "Leave this
// page?", may keep the page.
addEventListener("beforeunload", ({ isTrusted }) => {
  if (!isTrusted) return;
  left = true;
  setTimeout(() => {
    left = false;
  }, STAYED_MILLISECONDS);
});
addEventListener("pagehide", () => {
  left = true;
});
addEventListener("pageshow", () => {
  left = false;
});

export const leaving = () => left;
