/** What the command `wasminstall bundle` tells the service worker: every file of the site, and what is in it. */

/** Put before the script of the service worker, as `self.BUNDLE`. Addresses are relative to the script. */
export interface Bundle {
  /** Files whose address changes with their content: address and integrity. */
  readonly fixed: Readonly<Record<string, string>>;
  /** The site's own pages and files, which may change at their address: address and integrity. */
  readonly pages: Readonly<Record<string, string>>;
}
