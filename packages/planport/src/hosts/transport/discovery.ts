/**
 * Transports by their names, for hosts that look plug-ins up and fill them from saved settings.
 * @module
 */
import { asString, type JsonObject } from "../../protocol/json.ts";
import { CodexTransport, type CodexTransportOptions } from "./transport.ts";

/** A transport that a host can offer. */
export interface TransportPlugin {
  /** Its key among the host's settings: `transport.<name>.…`. */
  readonly name: string;
  readonly displayName: string;
  /** The settings that a host saves, by the names under which `onAuthRefresh` and a sign-in give them. */
  readonly settings: readonly string[];
  /**
   * Makes one from saved settings; what is missing, of another kind or not its own is passed over.
   * @param hooks What the host adds: most of all `onAuthRefresh`, which saves what it is told.
   */
  create(saved?: JsonObject, hooks?: CodexTransportOptions): CodexTransport;
}

const SETTINGS = ["api_key", "refresh_token", "expires_at", "account_id", "base_url", "model"] as const;

/** Every transport of this package, by name. */
export const transports: Readonly<Record<"codex", TransportPlugin>> = Object.freeze({
  codex: Object.freeze({
    name: "codex",
    displayName: "ChatGPT (Codex)",
    settings: SETTINGS,
    create(saved: JsonObject = {}, hooks: CodexTransportOptions = {}): CodexTransport {
      const text = (name: (typeof SETTINGS)[number]): string | undefined => asString(saved[name]) || undefined;
      return new CodexTransport({
        apiKey: text("api_key"),
        refreshToken: text("refresh_token"),
        expiresAt: text("expires_at"),
        accountId: text("account_id"),
        baseUrl: text("base_url"),
        model: text("model"),
        ...hooks,
      });
    },
  }),
});

/** The transport of a name, in letters of any case; null when there is none. */
export function findTransport(name: string): TransportPlugin | null {
  const key = name.trim().toLowerCase();
  return Object.values(transports).find((plugin) => plugin.name === key) ?? null;
}
