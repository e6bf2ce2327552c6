// Styles that a page needs late: `element` names them in data-style. Waits for them, also when they cannot be loaded.
const loading = new Map();

export function styled({ dataset: { style } }) {
  if (style && !loading.has(style))
    loading.set(
      style,
      new Promise((resolve) => {
        const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: style });
        link.onload = link.onerror = resolve;
        document.head.append(link);
      }),
    );
  return loading.get(style);
}
