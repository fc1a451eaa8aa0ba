/**
 * The parts of a stream, gathered into an answer in one piece.
 * @module
 */
import type { AnswerContent, GenerateResult, ReasoningContent, StreamPart, TextContent } from "./types.ts";

/** What the parts of an answer add up to; null for parts without a `finish`. */
export type Collected = Pick<GenerateResult, "content" | "finishReason" | "usage" | "providerMetadata" | "response">;

/** Gathers parts. Texts and thoughts stand where they began. */
export class Collector {
  readonly #content: AnswerContent[] = [];
  readonly #open = new Map<string, TextContent | ReasoningContent>();
  #facts: Omit<GenerateResult["response"], "headers"> = {};
  #end: Extract<StreamPart, { type: "finish" }> | null = null;

  /** Takes the next part. Pieces of a call's input are passed over: the call says it whole. */
  push(part: StreamPart): void {
    const { type } = part;
    if (type === "text-start") this.#begin(part.id, { type: "text", text: "" });
    else if (type === "reasoning-start") this.#begin(part.id, { type: "reasoning", text: "" });
    else if (type === "text-delta" || type === "reasoning-delta") this.#add(part.id, part.delta);
    else if (type === "text-end" || type === "reasoning-end") this.#note(part.id, part.providerMetadata);
    else if (type === "tool-call" || type === "tool-result" || type === "source") this.#content.push(part);
    else if (type === "finish") this.#end = part;
    else if (type === "response-metadata") {
      const { type: _type, ...facts } = part;
      this.#facts = facts;
    }
  }

  /** The answer; null when it did not come to its end. */
  result(headers: Record<string, string>): Collected | null {
    if (this.#end === null) return null;
    const { finishReason, usage, providerMetadata } = this.#end;
    return {
      content: this.#content,
      finishReason,
      usage,
      ...(providerMetadata !== undefined && { providerMetadata }),
      response: { ...this.#facts, headers },
    };
  }

  #begin(id: string, content: TextContent | ReasoningContent): void {
    this.#open.set(id, content);
    this.#content.push(content);
  }

  #add(id: string, delta: string): void {
    const content = this.#open.get(id);
    if (content !== undefined) content.text += delta;
  }

  #note(id: string, metadata: TextContent["providerMetadata"]): void {
    const content = this.#open.get(id);
    if (content !== undefined && metadata !== undefined) content.providerMetadata = metadata;
  }
}
