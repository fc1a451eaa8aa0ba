/** Every way in which a program shows a value: what people and tools do with an error, a grant, a store. */
import assert from "node:assert";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";

/** What each way shows, by the name of the way. */
export function everyPrint(value: unknown): ReadonlyMap<string, string> {
  const prints = new Map<string, string>();
  const add = (name: string, print: () => string | undefined): void => {
    try {
      prints.set(name, print() ?? "");
    } catch (error) {
      // A way that refuses the value (a clone of a function, say) shows what its refusal says.
      prints.set(name, error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error));
    }
  };
  add("util.inspect", () => inspect(value, { depth: 30, showHidden: true, getters: true, maxStringLength: null }));
  add("util.inspect without custom ways", () =>
    inspect(value, { depth: 30, showHidden: true, customInspect: false, maxStringLength: null }),
  );
  add("String", () => String(value));
  add("template", () => `it is ${value as string}`);
  add("JSON.stringify", () => JSON.stringify(value));
  add("JSON.stringify in an object", () => JSON.stringify({ value, list: [value] }));
  add("own properties", () => JSON.stringify(Object.getOwnPropertyDescriptors(value)));
  add("util.format", () => format("%s %o %O %j %d", value, value, value, value, value));
  add("structuredClone", () => inspect(structuredClone(value), { depth: 30, showHidden: true }));
  add("console", () =>
    consoleText((to) => void [to.log(value), to.error("failed:", value), to.table([value]), to.dir(value)]),
  );
  add("assert.equal", () => thrownBy(() => assert.strictEqual(value, 1)));
  add("assert.deepEqual", () => thrownBy(() => assert.deepStrictEqual({ value }, { value: { a: 1 } })));
  add("assert.fail", () => thrownBy(() => assert.ifError(value)));
  if (value instanceof Error) {
    add("message and stack", () => `${value.name}\n${value.message}\n${value.stack ?? ""}`);
    add("cause", () => (value.cause === undefined ? "" : [...everyPrint(value.cause).values()].join("\n")));
  }
  return prints;
}

function consoleText(use: (to: Console) => void): string {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString("utf8");
      done();
    },
  });
  use(new Console({ stdout: stream, stderr: stream, inspectOptions: { depth: 30 } }));
  return text;
}

function thrownBy(work: () => void): string {
  try {
    work();
    return "";
  } catch (error) {
    return inspect(error, { depth: 30, showHidden: true });
  }
}
