/** A limit to waiting for the browser's storage. */

const LONGEST_SILENCE = 10_000;

/** What comes of this work, unless it takes too long: a storage that got stuck must not stop an install. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the browser's storage does not answer")), LONGEST_SILENCE);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}
