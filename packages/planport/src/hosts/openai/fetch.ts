/**
 * The gateway as a fetch: for programs that take one in place of their own, such as OpenAI's library.
 * @module
 */
import type { MemoryPlace } from "../../memory/index.ts";
import type { Planport, PlanportOptions } from "../../planport.ts";
import type { Gateway } from "../../server/index.ts";
import { openPlanport } from "../open-planport.ts";
import { toGatewayRequest } from "./request.ts";

/** Options of {@link planportFetch}. All may be left out. */
export interface PlanportFetchOptions extends PlanportOptions {
  /**
   * A planport that is open already, in place of one that the first call opens. Whoever opened it closes it, and the options
   * about the sign-in and the backend are its own.
   */
  readonly planport?: Pick<Planport, "client"> | undefined;
  /**
   * Where kept responses and sealed reasoning rest, for `previous_response_id`, `responses.retrieve()` and chat: in this
   * process (`process`, the default), in a file, or nowhere (`off`).
   */
  readonly memory?: MemoryPlace | "off" | undefined;
}

/** A fetch that planport answers. */
export interface PlanportFetch {
  /**
   * Answers a request as `planport serve` would. Everything before `/v1` in its address is passed over.
   * @throws the reason of the signal, when it was aborted. Every other failure is an answer in OpenAI's form.
   */
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * Waits for a refresh of the sign-in that is under way, forgets what was kept in this process, and closes idle
   * connections. Running answers go on. A later call opens everything anew.
   */
  close(): Promise<void>;
}

/**
 * Makes a fetch behind which the whole gateway is, in process: no server and no port. Nothing is loaded, read or sent before
 * its first call; the sign-in is found as {@link createPlanport} finds it.
 *
 * @example
 * ```ts
 * import OpenAI from "openai";
 * import { planportFetch } from "planport/openai";
 *
 * const fetch = planportFetch();
 * const openai = new OpenAI({ baseURL: "http://planport/v1", apiKey: "unused", fetch });
 * ```
 */
export function planportFetch(options: PlanportFetchOptions = {}): PlanportFetch {
  let opened: Promise<Opened> | null = null;
  const open = (): Promise<Opened> => {
    // A sign-in that is missing now may be there at the next call.
    opened ??= openGateway(options).then((result) => {
      if (result.failed) opened = null;
      return result;
    });
    return opened;
  };
  const answer = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = toGatewayRequest(input, init);
    const { signal } = request;
    signal.throwIfAborted();
    const { gateway } = await untilAborted(open(), signal);
    signal.throwIfAborted();
    const response = await untilAborted(gateway.fetch(request), signal);
    signal.throwIfAborted();
    return response;
  };
  return Object.assign(answer, {
    async close(): Promise<void> {
      const closing = opened;
      opened = null;
      await (await closing)?.close();
    },
  });
}

interface Opened {
  readonly gateway: Gateway;
  readonly failed: boolean;
  readonly close: () => Promise<void>;
}

/** A planport that cannot be opened becomes a gateway that says why, so that a program sees the error that it knows. */
async function openGateway(options: PlanportFetchOptions): Promise<Opened> {
  const { createGateway } = await import("../../server/index.ts");
  const { VERSION } = await import("../../version.ts");
  const { logger } = options;
  let planport: Pick<Planport, "client"> & Partial<Planport>;
  try {
    planport = options.planport ?? (await openPlanport(options));
  } catch (error) {
    const { refusingClient } = await import("./refusing-client.ts");
    const gateway = createGateway({ client: refusingClient(error), version: VERSION, logger });
    return { gateway, failed: true, close: async () => {} };
  }
  const memory = await openMemoryAt(options);
  const gateway = createGateway({ client: planport.client, memory, version: VERSION, logger });
  return {
    gateway,
    failed: false,
    async close(): Promise<void> {
      await memory?.close();
      if (options.planport === undefined) await planport.close?.();
    },
  };
}

async function openMemoryAt({ memory: place = "process", logger }: PlanportFetchOptions) {
  if (place === "off") return undefined;
  const { openMemory } = await import("../../memory/index.ts");
  return openMemory({
    place,
    onWarning: (message, error) => logger?.warn("memory.failed", { message, ...(error !== null && { error }) }),
  });
}

/** A promise that gives up at once when the signal fires, with the signal's reason, as `fetch` does. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
