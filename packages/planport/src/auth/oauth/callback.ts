/**
 * What a request to the callback server means (RFC 6749 §4.1.2). Pure: the server that listens is next door.
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { SignInError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { cleanServerText } from "../server-text.ts";

/** A request as far as it matters here. */
export interface CallbackRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly host: string | undefined;
  /** `origin` and `sec-fetch-site`: tell whether a web page is behind the request. */
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

/** What to do about a request. `stray` ones, and those of an `otherSignIn`, are answered and change nothing. */
export type CallbackMeaning =
  | { readonly kind: "stray"; readonly status: 403 | 404 | 405; readonly text: string }
  /** The state is missing or another one's: most likely a tab that was left open. */
  | { readonly kind: "otherSignIn" }
  | { readonly kind: "cancel" }
  | { readonly kind: "refused"; readonly error: SignInError; readonly code: string }
  | { readonly kind: "code"; readonly code: Secret };

/** Reads a request to a sign-in server on `port` that waits for `state`. The state is looked at before all else. */
export function readCallback(request: CallbackRequest, port: number, state: string): CallbackMeaning {
  // A page that reaches this port under a name of its own (DNS rebinding) is not the browser we sent.
  if (request.host !== `127.0.0.1:${port}` && request.host !== `localhost:${port}`)
    return { kind: "stray", status: 403, text: "Forbidden" };
  if (request.method !== "GET") return { kind: "stray", status: 405, text: "Method Not Allowed" };
  const url = URL.canParse(request.target, "http://127.0.0.1") ? new URL(request.target, "http://127.0.0.1") : null;
  if (url?.pathname === "/cancel") {
    // Codex sends this when it wants the port. A web page must not be able to.
    const isWebPage = request.origin !== undefined || (request.fetchSite ?? "none") !== "none";
    return isWebPage ? { kind: "stray", status: 403, text: "Forbidden" } : { kind: "cancel" };
  }
  if (url?.pathname !== "/auth/callback") return { kind: "stray", status: 404, text: "Not Found" };
  if (!sameText(url.searchParams.get("state") ?? "", state)) return { kind: "otherSignIn" };
  const refusal = readRefusal(url.searchParams);
  if (refusal !== null) return { kind: "refused", ...refusal };
  const code = url.searchParams.get("code")?.trim() ?? "";
  if (code !== "") return { kind: "code", code: new Secret(code) };
  const error = new SignInError("sign_in_failed", "The sign-in page sent no authorization code. Try again.");
  return { kind: "refused", error, code: "missing_authorization_code" };
}

/** The error in the query of a redirect (RFC 6749 §4.1.2.1); null when it has none. */
export function readRefusal(query: URLSearchParams): { readonly error: SignInError; readonly code: string } | null {
  const given = query.get("error");
  if (given === null) return null;
  const code = cleanServerText(given).slice(0, 64) || "error";
  const description = cleanServerText(query.get("error_description") ?? "");
  if (given === "access_denied" && description.includes("missing_codex_entitlement"))
    return {
      code,
      error: new SignInError(
        "sign_in_failed",
        "Codex is not enabled for this workspace. Ask its administrator for access, or sign in to another workspace.",
      ),
    };
  return {
    code,
    error: new SignInError("sign_in_failed", `Sign-in failed: ${description === "" ? code : description}`),
  };
}

/** Compares without telling by its duration where the texts differ. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
