/** What running code shows, as plain data: it can cross from a worker and be kept. */

/** One piece, in the order it was shown. */
export type Output = StreamOutput | DisplayOutput | ErrorOutput;

/** Text as it was written; not always whole lines. */
export interface StreamOutput {
  readonly kind: "stdout" | "stderr";
  readonly text: string;
}

/** A value or a figure: representations by media type, "text/plain" among them; images are base64. */
export interface DisplayOutput {
  readonly kind: "display";
  readonly data: Readonly<Record<string, string>>;
  /** Pixels in the page, for an image. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/** What was raised, or went wrong before the code could run. */
export interface ErrorOutput {
  readonly kind: "error";
  /** Class name. */
  readonly type: string;
  readonly message: string;
  /** The whole as Python prints it, from the code's own first line on; "" where no Python was involved. */
  readonly traceback: string;
  /** One thing to try. */
  readonly hint?: string | undefined;
  /** The error and then what led to it; absent where the message says it all. */
  readonly chain?: readonly ErrorLink[] | undefined;
  /** The message says it all: frames are details for a developer. */
  readonly plain?: boolean | undefined;
}

/** One exception of a chain. */
export interface ErrorLink {
  /** What connects it to the one before, "" for the first. */
  readonly relation: string;
  readonly type: string;
  readonly message: string;
  /** Outermost first. */
  readonly frames: readonly ErrorFrame[];
}

/** Where an exception passed through. */
export type ErrorFrame = CodeFrame | LibraryFrame;

/** A place in code that was given to `execute()`. */
export interface CodeFrame {
  readonly kind: "code";
  /** What `execute()` called the code. */
  readonly filename: string;
  readonly line: number;
  /** "" outside of functions. */
  readonly function: string;
  /** The line and its neighbours, each with its number. */
  readonly lines: readonly (readonly [number, string])[];
  /** The characters of the line that failed, from and to; both 0 when it is not known. */
  readonly mark: readonly [number, number];
}

/** A place in a library. */
export interface LibraryFrame {
  readonly kind: "library";
  /** Path of the file, inside of its package's folder. */
  readonly filename: string;
  readonly line: number;
  readonly function: string;
  /** The line itself, "" when it is not known. */
  readonly text: string;
}
