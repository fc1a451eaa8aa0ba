/**
 * What `planport connect` knows of a client: how it is pointed at the gateway.
 * @module
 */
import type { HomeOptions } from "../../environment.ts";
import type { JsonObject } from "../../protocol/index.ts";

/** What the settings are made for. */
export interface ConnectTarget extends HomeOptions {
  /** The gateway, such as `http://127.0.0.1:9107`, without a trailing slash. */
  readonly url: string;
  readonly model: string;
  /** How much the model reads at once, in tokens. */
  readonly contextWindow: number;
  /** True when the gateway asks for a key: settings then name the variable `PLANPORT_KEY`, and never hold the key. */
  readonly keyed: boolean;
  /** How Codex starts planport for the bearer that it brings; null when it brings none. */
  readonly authCommand: readonly string[] | null;
}

/** A variable's value: a text, or the variable that has it already. */
export type VariableValue = string | { readonly sameAs: "PLANPORT_KEY" };

/** Variables to set where the client is started. */
export interface EnvironmentSetting {
  readonly kind: "environment";
  readonly variables: Readonly<Record<string, VariableValue>>;
}

/** A part of a configuration file; what else is in the file is its owner's. */
export interface FileSetting {
  readonly kind: "file";
  readonly format: "json" | "toml" | "yaml";
  /** Absolute path. */
  readonly file: string;
  readonly content: JsonObject;
  /** Repairs what is in a JSON file already and what its client refuses; says in sentences what it did. */
  readonly mend?: ((before: JsonObject) => Mended) | undefined;
}

/** What a repair made. */
export interface Mended {
  readonly content: JsonObject;
  readonly said: readonly string[];
}

/** Lines of a program, of a shell, or for a person to follow. */
export interface LinesSetting {
  readonly kind: "lines";
  readonly title: string;
  readonly lines: readonly string[];
}

/** One thing to set. */
export type Setting = EnvironmentSetting | FileSetting | LinesSetting;

/** A client and how it is pointed at the gateway. */
export interface Recipe {
  /** What it is called on the command line. */
  readonly id: string;
  readonly title: string;
  /** The versions that planport's own tests run with these very settings; null when there is no such test. */
  readonly testedWith: string | null;
  /** What else one should know, as sentences. */
  readonly notes?: readonly string[];
  readonly settings: (target: ConnectTarget) => readonly Setting[];
}

/** What clients send as their key when the gateway asks for none: they cannot be made to send nothing. */
export const ANY_KEY = "planport";

/** The key as a variable's value. */
export function keyValue({ keyed }: ConnectTarget): VariableValue {
  return keyed ? { sameAs: "PLANPORT_KEY" } : ANY_KEY;
}
