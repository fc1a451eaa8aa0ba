/**
 * The clients of a bench: opens streams at a gateway, all at once, counts the text
 * deltas and holds the text against what the stand-in sent.
 *
 * Run by `run.mjs`, which gives the job as JSON in the one argument and reads the result from the IPC channel.
 */
import { request } from "node:http";
import { performance } from "node:perf_hooks";
import { createText } from "./text.mjs";

/** @typedef {{ port: number, path: string, dialect: "responses" | "chat", streams: number, deltas: number, gapMs: number, headers?: object }} Job */

const BODIES = {
  responses: {
    model: "gpt-5.5",
    instructions: "You are a careful assistant.",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Say something." }] }],
    stream: true,
    store: false,
  },
  chat: { model: "gpt-5.5", messages: [{ role: "user", content: "Say something." }], stream: true },
};

/** Text of one event's data line: undefined when it is not a text delta. */
const READ_DELTA = {
  responses: (data) => {
    const event = JSON.parse(data);
    return event.type === "response.output_text.delta" ? event.delta : undefined;
  },
  chat: (data) => {
    if (data === "[DONE]") return undefined;
    const delta = JSON.parse(data).choices?.[0]?.delta?.content;
    return delta === "" || delta === null ? undefined : delta;
  },
};

/** Whether the stream ended as its dialect says it must. */
const IS_END = {
  responses: (data) => data.startsWith('{"type":"response.completed"') || data.includes('"type":"response.completed"'),
  chat: (data) => data === "[DONE]",
};

/** Runs one stream to its end and says what came. Never rejects: a failure is part of the result. */
function runStream(job, body) {
  const startedAt = performance.now();
  const state = { text: "", deltas: 0, ended: false, firstMs: 0, worstGapMs: 0, error: "" };
  let lastAt = 0;
  let rest = "";
  const onData = (chunk) => {
    const now = performance.now();
    const events = (rest + chunk).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const at = event.startsWith("data: ") ? 0 : event.indexOf("\ndata: ") + 1;
      const data = event.slice(at + 6);
      const delta = READ_DELTA[job.dialect](data);
      if (delta === undefined) {
        state.ended ||= IS_END[job.dialect](data);
        continue;
      }
      if (state.deltas++ === 0) state.firstMs = now - startedAt;
      else state.worstGapMs = Math.max(state.worstGapMs, now - lastAt);
      lastAt = now;
      state.text += delta;
    }
  };
  return new Promise((resolve) => {
    const fail = (message) => {
      state.error ||= message;
      resolve(state);
    };
    const req = request(
      {
        host: "127.0.0.1",
        port: job.port,
        path: job.path,
        method: "POST",
        agent: false,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...job.headers },
      },
      (res) => {
        res.setEncoding("utf8");
        res.on("error", (error) => fail(error.message));
        if (res.statusCode !== 200) {
          let text = "";
          res.on("data", (chunk) => (text += chunk));
          res.on("end", () => fail(`HTTP ${res.statusCode}: ${text.slice(0, 200)}`));
          return;
        }
        res.on("data", (chunk) => {
          try {
            onData(chunk);
          } catch (error) {
            fail(String(error));
          }
        });
        res.on("end", () => resolve(state));
      },
    );
    req.setTimeout(30_000, () => req.destroy(new Error("silent for 30 s")));
    req.on("error", (error) => fail(error.message));
    req.end(body);
  });
}

async function main(job) {
  const body = JSON.stringify(BODIES[job.dialect]);
  const expected = createText(job.deltas).join("");
  const streams = Array.from({ length: job.streams }, () => runStream(job, body));
  const results = await Promise.all(streams);
  const problems = results.map(
    (result) =>
      result.error || (result.text === expected ? "" : "text differs") || (result.ended ? "" : "no proper end"),
  );
  const firsts = results.map((result) => result.firstMs).sort((a, b) => a - b);
  return {
    deltas: results.reduce((sum, result) => sum + result.deltas, 0),
    errors: problems.filter((problem) => problem !== "").length,
    problem: problems.find((problem) => problem !== "") ?? "",
    firstMs: firsts[Math.floor(firsts.length / 2)] ?? 0,
    worstGapMs: Math.max(...results.map((result) => result.worstGapMs)),
  };
}

process.send?.(await main(JSON.parse(process.argv[2] ?? "{}")));
process.disconnect?.();
