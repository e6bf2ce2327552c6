// The token that our own requests carry. The cookie knows the newest: signing in in another tab makes a new one.
export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  return cookie ?? JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

/**
 * How `fetch` sends a change.
 *
 * @param {string} method
 * @param {object} [body] sent as JSON
 * @returns {RequestInit & {headers: Record<string, string>}}
 */
export const asJson = (method, body) => ({
  method,
  headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
  body: body && JSON.stringify(body),
});

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
  if (event.detail.parameters.csrfmiddlewaretoken) event.detail.parameters.csrfmiddlewaretoken = csrfToken();
});
