/**
 * The pages that a browser shows at the end of a sign-in: self-contained, without scripts.
 * @module
 */

/** Headers of every page: nothing is loaded, kept, framed, or told to another site. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

const STYLE =
  "body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;" +
  "color:#1a1a1a;background:#fafafa}main{max-width:32rem;padding:2rem}h1{font-size:1.4rem}code{word-break:break-word}" +
  "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}}";

/** Shown when the sign-in is complete. */
export function successPage(): string {
  return page("Signed in", "<h1>You are signed in</h1><p>planport has what it needs. You can close this page.</p>");
}

/**
 * Shown when the sign-in failed.
 * @param message One sentence for the user; escaped here.
 * @param code A short code; escaped here.
 */
export function errorPage(message: string, code: string): string {
  return page(
    "Sign-in failed",
    `<h1>Sign-in failed</h1><p>${escapeHtml(message)}</p><p><code>${escapeHtml(code)}</code></p>` +
      "<p>Go back to the terminal to try again.</p>",
  );
}

function page(title: string, body: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title} · planport</title>` +
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body><main>${body}</main></body></html>`
  );
}

/** Makes text safe in element content and in quoted attributes. */
function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
