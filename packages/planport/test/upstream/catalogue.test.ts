import { describe, expect, it } from "vitest";
import { CredentialError } from "../../src/errors.ts";
import {
  Catalogue,
  type FetchedCatalogue,
  findModel,
  parseCatalogue,
  visibleSlugs,
} from "../../src/upstream/catalogue.ts";
import { snapshotCatalogue } from "../../src/upstream/snapshot.ts";

const live = (slug: string, etag: string | null = null): FetchedCatalogue => ({
  catalogue: parseCatalogue(JSON.stringify({ models: [{ slug }] })) ?? { models: [] },
  etag,
});

/** A catalogue whose clock and answers the test holds. */
function setUp(answers: (FetchedCatalogue | Error)[]): {
  catalogue: Catalogue<string>;
  clock: { ms: number };
  asked: string[];
} {
  const clock = { ms: 1_000 };
  const asked: string[] = [];
  const catalogue = new Catalogue<string>({
    keyOf: (caller) => caller,
    now: () => clock.ms,
    fetch: (caller) => {
      asked.push(caller);
      const answer = answers.shift() ?? new Error("no more answers");
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  return { catalogue, clock, asked };
}

const slugs = (view: { catalogue: { models: { slug: string }[] } }): string[] =>
  view.catalogue.models.map((m) => m.slug);

describe("the account's models", () => {
  it("are fetched once for calls at the same time and kept for five minutes", async () => {
    const { catalogue, clock, asked } = setUp([live("a"), live("b")]);
    await Promise.all([catalogue.get("x"), catalogue.get("x"), catalogue.known("x")]);
    clock.ms += 299_999;
    expect(slugs(await catalogue.get("x"))).toEqual(["a"]);
    expect(asked).toHaveLength(1);
    clock.ms += 1;
    expect(slugs(await catalogue.get("x"))).toEqual(["b"]);
  });

  it("differ between accounts", async () => {
    const { catalogue } = setUp([live("a"), live("b")]);
    expect(slugs(await catalogue.get("x"))).toEqual(["a"]);
    expect(slugs(await catalogue.get("y"))).toEqual(["b"]);
  });

  it("are fetched again when an answer names another etag, and not for the same or none", async () => {
    const { catalogue, asked } = setUp([live("a", '"1"'), live("b", '"2"')]);
    await catalogue.get("x");
    catalogue.notice("x", '"1"');
    catalogue.notice("x", undefined);
    await catalogue.get("x");
    expect(asked).toHaveLength(1);
    catalogue.notice("x", '"2"');
    expect(slugs(await catalogue.get("x"))).toEqual(["b"]);
  });

  it("are the built-in ones while the list cannot be had, which is asked again after a minute", async () => {
    const { catalogue, clock, asked } = setUp([new Error("down"), live("a")]);
    const view = await catalogue.get("x");
    expect([view.live, slugs(view)]).toEqual([false, slugs({ catalogue: snapshotCatalogue() })]);
    await catalogue.get("x");
    expect(asked).toHaveLength(1);
    clock.ms += 60_000;
    expect((await catalogue.get("x")).live).toBe(true);
  });

  it("stay the last ones when a later fetch fails", async () => {
    const { catalogue, clock } = setUp([live("a"), new Error("down")]);
    await catalogue.get("x");
    clock.ms += 300_000;
    const view = await catalogue.get("x");
    expect([view.live, slugs(view)]).toEqual([true, ["a"]]);
  });

  it("are asked for at once again after a rejected bearer", async () => {
    const { catalogue, asked } = setUp([new CredentialError("credential_rejected", "m"), live("a")]);
    await catalogue.get("x");
    expect(findModel((await catalogue.known("x")).catalogue, "a")?.slug).toBe("a");
    expect(asked).toHaveLength(2);
  });

  it("do not keep a call waiting once there is a list, however old", async () => {
    let release: (value: FetchedCatalogue) => void = () => {};
    const clock = { ms: 0 };
    let fetches = 0;
    const catalogue = new Catalogue<string>({
      keyOf: (caller) => caller,
      now: () => clock.ms,
      fetch: () => (fetches++ === 0 ? Promise.resolve(live("a")) : new Promise((resolve) => (release = resolve))),
    });
    await catalogue.get("x");
    clock.ms = 1e9;
    expect(findModel((await catalogue.known("x")).catalogue, "a")?.slug).toBe("a");
    release(live("b"));
    expect(slugs(await catalogue.get("x"))).toEqual(["b"]);
    expect(fetches).toBe(2);
  });

  it("that are not in the list are null", async () => {
    const { catalogue } = setUp([live("a")]);
    expect(findModel((await catalogue.known("x")).catalogue, "zzz")).toBeNull();
  });
});

describe("reading a list", () => {
  it("keeps every field, known or not", () => {
    const parsed = parseCatalogue('{"models":[{"slug":"a","brand_new":{"x":1},"use_responses_lite":true}]}');
    expect(parsed?.models[0]).toMatchObject({
      slug: "a",
      brand_new: { x: 1 },
      use_responses_lite: true,
      display_name: "a",
    });
  });

  it("passes over entries that are no models", () => {
    expect(parseCatalogue('{"models":[null,{},{"slug":""},{"slug":7},{"slug":"a"}]}')?.models).toHaveLength(1);
  });

  it.each(["", "[]", "{}", '{"object":"list","data":[]}', '{"models":[]}', '{"models":{}}'])("refuses %s", (text) => {
    expect(parseCatalogue(text)).toBeNull();
  });
});

describe("the built-in list", () => {
  it("has the models, defaults and shapes of Codex 0.169.0", () => {
    const catalogue = snapshotCatalogue();
    expect(visibleSlugs(catalogue)).toEqual([
      "gpt-6.1-sol",
      "gpt-6-astra",
      "gpt-6-sol",
      "gpt-6-luna",
      "gpt-5.6-sol",
      "gpt-6.1-terra",
      "gpt-5.6-terra",
      "gpt-5.6-luna",
      "gpt-5.5",
    ]);
    expect(catalogue.models).toHaveLength(12);
    expect(catalogue.models.filter((model) => model.use_responses_lite === false).map((model) => model.slug)).toEqual([
      "gpt-5.5",
    ]);
    expect(findModel(catalogue, "gpt-6.1-terra")).toMatchObject({
      context_window: 500_000,
      default_reasoning_level: "low",
    });
    expect(findModel(catalogue, "gpt-6-luna")?.supported_reasoning_levels.at(-1)?.effort).toBe("max");
  });
});
