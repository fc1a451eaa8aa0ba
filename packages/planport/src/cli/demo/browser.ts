/**
 * The demo's "browser": it follows the sign-in page's redirect, as a browser would after a click on "Allow".
 * @module
 */
import { SignInError } from "../../errors.ts";
import type { HttpClient } from "../../net/index.ts";

const TIMEOUT_MS = 20_000;

/**
 * Opens the authorize page of a simulator that says yes by itself.
 * @returns Where the page sends the browser: the callback address with the code.
 * @throws {SignInError} `sign_in_failed` when the page does not send the browser on.
 */
export async function openAuthorizePage(http: HttpClient, url: string, signal: AbortSignal): Promise<string> {
  const response = await http.fetch(url, { signal, timeoutMs: TIMEOUT_MS });
  const location = response.headers.get("location");
  if (response.status < 300 || response.status > 399 || location === null)
    throw new SignInError("sign_in_failed", `The sign-in page answered ${response.status} and did not send us back.`);
  return new URL(location, url).href;
}

/**
 * Goes to the callback address. It answers only when the sign-in is through.
 * @throws {SignInError} `sign_in_failed` when the page says that it did not work.
 */
export async function openCallback(http: HttpClient, url: string, signal: AbortSignal): Promise<void> {
  const response = await http.fetch(url, { signal, timeoutMs: TIMEOUT_MS });
  // Some callback servers show the success page at an address of its own.
  if (response.status < 400) return;
  throw new SignInError("sign_in_failed", `The page after signing in answered ${response.status}.`);
}
