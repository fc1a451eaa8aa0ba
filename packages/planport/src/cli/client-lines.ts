/**
 * Lines to copy: how common clients are pointed at the gateway.
 * @module
 */

/** What the lines are made for. */
export interface ClientTarget {
  /** The gateway, such as `http://127.0.0.1:9107`. */
  readonly url: string;
  readonly model: string;
  /** True when the gateway asks for a key: the lines then take it from `PLANPORT_KEY`, and never show it. */
  readonly keyed: boolean;
}

/** A variable's assignment in the shell of a platform. */
export function setLine(name: string, value: string, platform: string): string {
  return platform === "win32" ? `$env:${name} = "${value}"` : `export ${name}=${value}`;
}

/** A client and its lines. */
export interface ClientLines {
  readonly title: string;
  readonly lines: readonly string[];
}

/** For every OpenAI client that reads the environment. */
export function environmentLines({ url, keyed }: ClientTarget, platform: string): ClientLines {
  const key = keyed ? (platform === "win32" ? "$env:PLANPORT_KEY" : '"$PLANPORT_KEY"') : "planport";
  return {
    title: "any OpenAI client",
    lines: [setLine("OPENAI_BASE_URL", `${url}/v1`, platform), setLine("OPENAI_API_KEY", key, platform)],
  };
}

/** For curl. */
export function curlLines({ url, model, keyed }: ClientTarget): ClientLines {
  return {
    title: "curl",
    lines: [
      `curl ${url}/v1/responses \\`,
      ...(keyed ? [`  -H "authorization: Bearer $PLANPORT_KEY" \\`] : []),
      `  -H "content-type: application/json" \\`,
      `  -d '{"model": "${model}", "input": "Why is the sky blue?"}'`,
    ],
  };
}

/** For OpenAI's library for Node. */
export function nodeLines({ url, model, keyed }: ClientTarget): ClientLines {
  const key = keyed ? "process.env.PLANPORT_KEY" : '"planport"';
  return {
    title: "openai for Node (npm install openai)",
    lines: [
      'import OpenAI from "openai";',
      `const openai = new OpenAI({ baseURL: "${url}/v1", apiKey: ${key} });`,
      `const answer = await openai.responses.create({ model: "${model}", input: "Why is the sky blue?" });`,
      "console.log(answer.output_text);",
    ],
  };
}

/** For OpenAI's library for Python. */
export function pythonLines({ url, model, keyed }: ClientTarget): ClientLines {
  const key = keyed ? 'os.environ["PLANPORT_KEY"]' : '"planport"';
  return {
    title: "openai for Python (pip install openai)",
    lines: [
      ...(keyed ? ["import os"] : []),
      "from openai import OpenAI",
      `openai = OpenAI(base_url="${url}/v1", api_key=${key})`,
      `print(openai.responses.create(model="${model}", input="Why is the sky blue?").output_text)`,
    ],
  };
}
