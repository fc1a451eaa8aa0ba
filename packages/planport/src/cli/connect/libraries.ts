/**
 * Libraries: variables that they read by themselves, and a first program.
 * @module
 */
import { nodeLines, pythonLines } from "../client-lines.ts";
import { keyValue, type Recipe } from "./types.ts";

const openai: Recipe = {
  id: "openai",
  title: "OpenAI's library",
  testedWith: "6.49.0 and 7.55.0, for Node.js",
  notes: ["The library for Python reads the same variables; no test of planport's runs it."],
  settings: (target) => [
    { kind: "environment", variables: { OPENAI_BASE_URL: `${target.url}/v1`, OPENAI_API_KEY: keyValue(target) } },
    { kind: "lines", ...nodeLines(target) },
    { kind: "lines", ...pythonLines(target) },
  ],
};

const aiSdk: Recipe = {
  id: "ai-sdk",
  title: "AI SDK",
  testedWith: "6.0.326 (@ai-sdk/openai 3.0.141) and 7.0.173 (@ai-sdk/openai 4.0.118)",
  settings: (target) => [
    { kind: "environment", variables: { OPENAI_BASE_URL: `${target.url}/v1`, OPENAI_API_KEY: keyValue(target) } },
    {
      kind: "lines",
      title: "ai and @ai-sdk/openai (npm install ai @ai-sdk/openai)",
      lines: [
        'import { openai } from "@ai-sdk/openai";',
        'import { generateText } from "ai";',
        `const { text } = await generateText({ model: openai("${target.model}"), prompt: "Why is the sky blue?" });`,
        "console.log(text);",
      ],
    },
  ],
};

const anthropic: Recipe = {
  id: "anthropic",
  title: "Anthropic's library",
  testedWith: "1.11.0, for Node.js",
  settings: (target) => [
    { kind: "environment", variables: { ANTHROPIC_BASE_URL: target.url, ANTHROPIC_API_KEY: keyValue(target) } },
    {
      kind: "lines",
      title: "@anthropic-ai/sdk for Node (npm install @anthropic-ai/sdk)",
      lines: [
        'import Anthropic from "@anthropic-ai/sdk";',
        "const message = await new Anthropic().messages.create({",
        `  model: "${target.model}",`,
        "  max_tokens: 4096,",
        '  messages: [{ role: "user", content: "Why is the sky blue?" }],',
        "});",
        'for (const block of message.content) if (block.type === "text") console.log(block.text);',
      ],
    },
  ],
};

/** In the order in which they are listed. */
export const libraries: readonly Recipe[] = [openai, aiSdk, anthropic];
