/**
 * What a host gives to a sign-in, in pi's shape.
 * @module
 */

/** What a host is asked to ask a person. */
export interface PiPrompt {
  readonly message: string;
  /** Aborted when no answer is needed any more, because the browser came back. */
  readonly signal: AbortSignal;
}

/** How a host shows a sign-in and asks for input. */
export interface PiLoginCallbacks {
  /** Shows the page to open, or opens it. */
  readonly onAuth: (info: { readonly url: string; readonly instructions: string }) => void;
  /**
   * Asks for the code, or for the address that the browser stopped at: at once when the browser cannot come back
   * (port 1455 already in use), else when it has not come back for a while.
   */
  readonly onPrompt: (prompt: PiPrompt) => Promise<string>;
  /** The same, beside the browser from the start. */
  readonly onManualCodeInput?: (() => Promise<string>) | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Cancels the sign-in. */
  readonly signal?: AbortSignal | undefined;
}
