/**
 * Answers, written straight to the Node response.
 * @module
 */
import type { ServerResponse } from "node:http";

/** Response headers. */
export type Headers = Readonly<Record<string, string>>;

/** Answers with text and ends. Does nothing when an answer was begun already. */
export function sendText(res: ServerResponse, status: number, type: string, text: string, headers: Headers = {}): void {
  if (res.headersSent || res.destroyed) return;
  const bytes = Buffer.from(text);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  if (!res.hasHeader("content-type")) res.setHeader("content-type", type);
  res.setHeader("content-length", bytes.length);
  res.writeHead(status);
  res.end(bytes);
}

/** Answers with JSON and ends. */
export function sendJson(res: ServerResponse, status: number, body: unknown, headers: Headers = {}): void {
  sendText(res, status, "application/json", JSON.stringify(body), headers);
}

/** Answers `{"detail": …}`: how the backend words most of its own refusals. */
export function sendDetail(res: ServerResponse, status: number, detail: string): void {
  sendJson(res, status, { detail });
}

/** Sends the browser elsewhere (RFC 9110 section 15.4.3). */
export function sendRedirect(res: ServerResponse, location: string): void {
  sendText(res, 302, "text/plain; charset=utf-8", "", { location, "cache-control": "no-store" });
}

/** Answers with a page that loads nothing from elsewhere and may not be framed. */
export function sendPage(res: ServerResponse, status: number, html: string): void {
  sendText(res, status, "text/html; charset=utf-8", html, {
    "cache-control": "no-store",
    // No form-action: browsers apply it to the redirect that follows a form too, and that one leads to the client's port.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
  });
}
