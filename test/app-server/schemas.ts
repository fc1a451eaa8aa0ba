/**
 * The JSON Schemas of the protocol, as the real Codex writes them out, and what of a conversation does not fit them.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { clientMethods } from "../../packages/planport/src/app-server/protocol/methods.ts";
import { vocabulary } from "../../packages/planport/src/app-server/protocol/vocabulary.ts";
import { codexScript } from "../clients/support/codex.ts";
import { cleanEnvironment, temporaryFolder } from "../clients/support/process.ts";
import type { Driver, Message } from "./driver.ts";

/** Methods from before the schemas, of which Codex writes none. */
const WITHOUT_SCHEMA = new Set(["getAuthStatus"]);

/** Judges messages. */
export interface CodexSchemas {
  /** One line for each message of the server's that no schema takes. */
  faults(driver: Driver): string[];
}

/** Has Codex write its schemas, the experimental parts too. */
export function codexSchemas(): CodexSchemas {
  const folder = temporaryFolder("schemas");
  const args = [codexScript ?? "", "app-server", "generate-json-schema", "--experimental", "--out", folder];
  const { status, stderr } = spawnSync(process.execPath, args, {
    env: cleanEnvironment({ HOME: folder, CODEX_HOME: folder }),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Codex wrote no schemas: ${stderr}`);
  // The formats are Rust's names of numbers.
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const compiled = new Map<string, ValidateFunction | null>();
  const schema = (name: string): ValidateFunction | null => {
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const file = [
      join(folder, `${name}.json`),
      join(folder, "v2", `${name}.json`),
      join(folder, "v1", `${name}.json`),
    ].find((path) => existsSync(path));
    const made = file === undefined ? null : ajv.compile(JSON.parse(readFileSync(file, "utf8")) as object);
    compiled.set(name, made);
    return made;
  };
  const judge = (name: string, value: unknown, what: string): string[] => {
    const validate = schema(name);
    if (validate === null) return [`${what}: Codex has no schema ${name}`];
    return validate(value) ? [] : [`${what}: ${ajv.errorsText(validate.errors).slice(0, 500)}`];
  };
  const judgeTold = (message: Message): string[] => {
    const { emittedAtMs: _, ...told } = message;
    const kind = message["id"] === undefined ? "ServerNotification" : "ServerRequest";
    return judge(kind, told, String(message["method"]));
  };
  return {
    faults: (driver) => [
      ...driver.told.flatMap(judgeTold),
      ...driver.answered.flatMap(({ method, answer }) => {
        if (answer.silence === true) return [];
        if (answer.error !== undefined) return judge("JSONRPCErrorError", answer.error, `${method}, an error`);
        if (WITHOUT_SCHEMA.has(method)) return [];
        const result = clientMethods[method]?.result;
        const name = result === undefined ? undefined : vocabulary.get(result)?.id;
        return name === undefined
          ? [`${method}: an answer without a schema`]
          : judge(name, answer.result, `${method}, a result`);
      }),
    ],
  };
}
