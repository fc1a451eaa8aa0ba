/**
 * Device codes: a program without a browser shows a code, a person types it in elsewhere
 * (openai/codex `codex-rs/login/src/device_code_auth.rs`; the idea is RFC 8628, the messages are not).
 * @module
 */
import type { Random } from "../random.ts";
import { type AuthorizeDesk, s256 } from "./authorize.ts";
import { DEFAULT_SCOPE } from "./claims.ts";

/** What a client gets to show. */
export interface DeviceStart {
  readonly deviceAuthId: string;
  readonly userCode: string;
  readonly expiresAtMs: number;
}

/** What a poll found. */
export type DevicePoll =
  | { readonly kind: "pending" | "unknown" | "denied" | "expired" }
  | {
      readonly kind: "approved";
      readonly authorizationCode: string;
      readonly codeChallenge: string;
      readonly codeVerifier: string;
    };

/** Keeps device codes. */
export interface DeviceDesk {
  start(clientId: string): DeviceStart;
  /** `redirectUri` is what the code exchange will name. */
  poll(deviceAuthId: string, userCode: string, redirectUri: string): DevicePoll;
  /** Says yes for an account. False when the code is unknown or too old. */
  approve(userCode: string, accountId: string): boolean;
  /** Says no. False when the code is unknown or too old. */
  deny(userCode: string): boolean;
  /** Codes that wait for a person. */
  readonly waiting: readonly string[];
}

interface DeviceRecord extends DeviceStart {
  readonly clientId: string;
  polls: number;
  denied: boolean;
  accountId: string | null;
}

/** Options of {@link createDeviceDesk}. */
export interface DeviceDeskDeps {
  readonly random: Random;
  readonly authorize: AuthorizeDesk;
  readonly nowMs: () => number;
  /** Approve for the default account at this poll; null: never by itself. */
  readonly approveAtPoll: number | null;
  readonly defaultAccountId: () => string;
}

const LIFETIME_MS = 15 * 60_000;
// No vowels and no look-alikes.
const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789";

/** Opens a desk. */
export function createDeviceDesk(deps: DeviceDeskDeps): DeviceDesk {
  const records = new Map<string, DeviceRecord>();
  const byUserCode = (userCode: string): DeviceRecord | undefined => {
    const wanted = userCode.trim().toUpperCase();
    for (const record of records.values())
      if (record.userCode === wanted && record.expiresAtMs > deps.nowMs()) return record;
    return undefined;
  };
  return {
    start(clientId) {
      const record: DeviceRecord = {
        deviceAuthId: deps.random.token("deviceauth_", 24),
        userCode: newUserCode(deps.random),
        expiresAtMs: deps.nowMs() + LIFETIME_MS,
        clientId,
        polls: 0,
        denied: false,
        accountId: null,
      };
      records.set(record.deviceAuthId, record);
      return record;
    },
    poll(deviceAuthId, userCode, redirectUri) {
      const record = records.get(deviceAuthId);
      if (record === undefined || record.userCode !== userCode) return { kind: "unknown" };
      if (record.expiresAtMs <= deps.nowMs()) return { kind: "expired" };
      if (record.denied) return { kind: "denied" };
      record.polls += 1;
      if (deps.approveAtPoll !== null && record.polls >= deps.approveAtPoll)
        record.accountId ??= deps.defaultAccountId();
      if (record.accountId === null) return { kind: "pending" };
      records.delete(deviceAuthId);
      const codeVerifier = deps.random.token("", 64);
      const codeChallenge = s256(codeVerifier);
      const authorizationCode = deps.authorize.issueCode({
        clientId: record.clientId,
        redirectUri,
        codeChallenge,
        scope: DEFAULT_SCOPE,
        nonce: null,
        accountId: record.accountId,
      });
      return { kind: "approved", authorizationCode, codeChallenge, codeVerifier };
    },
    approve(userCode, accountId) {
      const record = byUserCode(userCode);
      if (record === undefined || record.denied) return false;
      record.accountId = accountId;
      return true;
    },
    deny(userCode) {
      const record = byUserCode(userCode);
      if (record === undefined) return false;
      record.denied = true;
      return true;
    },
    get waiting() {
      return [...records.values()].filter((one) => one.accountId === null && !one.denied).map((one) => one.userCode);
    },
  };
}

function newUserCode(random: Random): string {
  const letters = [...random.bytes(9)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join("");
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
