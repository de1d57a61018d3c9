/** What the scripts of a page say that they will need, each when its turn comes: only to be fetched ahead. */

/** One script. */
export interface Expected {
  /** As in `data-packages`. */
  readonly packages: string | undefined;
  /** Its code, which may have a PEP 723 block. */
  readonly text: string;
  /** Address of a requirements file. */
  readonly file: string | undefined;
  /** Address of a lock. */
  readonly lock: string | undefined;
}
