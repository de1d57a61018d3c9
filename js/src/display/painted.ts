/** Python in the page blocks it while it computes: time for the browser to show first what there is. */

/** Resolves when the page was painted. A hidden page does not paint. */
export function painted(): Promise<unknown> {
  const frame = new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return Promise.race([frame, new Promise((done) => setTimeout(done, 100))]);
}
