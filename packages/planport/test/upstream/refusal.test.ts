import { describe, expect, it } from "vitest";
import type { Grant, TokenSource } from "../../src/auth/token-source.ts";
import { CredentialError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import {
  answerWith,
  COMPLETED,
  CREATED,
  delta,
  failureOf,
  failWith,
  grant,
  startBackend,
  testClient,
} from "./support.ts";

/** A source that can say more about a refusal, and notes what it was asked about. */
function explaining(next: Grant | null = null): TokenSource & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    get: () => Promise.resolve(grant()),
    recover: () => Promise.resolve(next),
    explain: (refusal, refused) => {
      asked.push(`${refusal.code} ${refused.bearer.reveal()}`);
      return Promise.resolve(new CredentialError("access_denied", "The administrator said no."));
    },
  };
}

const CALL = { model: "m", input: "x" };

describe("a refusal of the backend", () => {
  it.each([
    [401, "credential_rejected"],
    [403, "access_denied"],
  ])("with %i is told in the words of the token source", async (status, code) => {
    const backend = await startBackend((response) => failWith(response, status, { detail: "No." }));
    const tokens = explaining();
    const { client } = testClient(backend.origin, { tokens });
    expect((await failureOf(client.send(CALL))).message).toBe("The administrator said no.");
    expect(tokens.asked).toEqual([`${code} token-1`]);
    expect(backend.calls).toHaveLength(1);
  });

  it("is looked into only once another bearer did not help, and then for that one", async () => {
    const backend = await startBackend((response) => failWith(response, 401, { detail: "No." }));
    const tokens = explaining(grant({ bearer: new Secret("token-2") }));
    const { client } = testClient(backend.origin, { tokens });
    await failureOf(client.send(CALL));
    expect(backend.calls.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(tokens.asked).toEqual(["credential_rejected token-2"]);
  });

  it("is not looked into when another bearer helps, nor is any other failure", async () => {
    const backend = await startBackend((response, index) => {
      if (index === 0) failWith(response, 401, { detail: "No." });
      else if (index === 1) answerWith(response, CREATED, delta("x"), COMPLETED);
      else failWith(response, 400, { detail: "Bad." });
    });
    const tokens = explaining(grant({ bearer: new Secret("token-2") }));
    const { client } = testClient(backend.origin, { tokens });
    const answer = await client.send(CALL);
    for await (const event of answer.events) void event;
    expect((await failureOf(client.send(CALL))).code).toBe("upstream_invalid_request");
    expect(tokens.asked).toEqual([]);
  });

  it("stops being looked into when the caller leaves", async () => {
    const backend = await startBackend((response) => failWith(response, 403, { detail: "No." }));
    const leaving = new AbortController();
    const tokens: TokenSource = {
      ...explaining(),
      explain: () => {
        leaving.abort();
        return new Promise(() => {});
      },
    };
    const { client } = testClient(backend.origin, { tokens });
    expect((await failureOf(client.send(CALL, { signal: leaving.signal }))).code).toBe("cancelled");
  });
});
