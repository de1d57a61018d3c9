/** HTTP for Python: one request in, one whole answer out, with the bytes left on this side. */

/** A request; times in milliseconds. */
export interface SendOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: RequestCredentials;
  readonly redirect: RequestRedirect;
}

/** Not yet. */
export async function send(url: string, options: SendOptions): Promise<Response> {
  return fetch(url, options);
}
