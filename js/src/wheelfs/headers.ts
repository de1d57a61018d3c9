/** The local headers of an archive against its central directory: two tools must not see two different archives. */

import { COLUMNS, DEFLATED } from "./node.js";

/** Why a member is refused. */
export type HeaderFault = "header" | "name" | "cut" | "method";

const SIGNATURE = 0x04034b50;
const HEADER = 30;

/**
 * Put the place of the data where the table has the local header's, member for member.
 *
 * `names`, separated by NUL, has one character for each byte of a name. The first fault ends it: "INDEX FAULT", where
 * FAULT is `header` (there is none), `name` (another one), `cut` (it ends outside of the archive) or `method`.
 */
export function resolveOffsets(archive: Uint8Array, names: string, table: Float64Array): string {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  let at = 0;
  for (let row = 0; row < table.length; row += COLUMNS) {
    const end = names.indexOf("\0", at);
    const name = names.slice(at, end < 0 ? names.length : end);
    at += name.length + 1;
    const fault = resolve(view, archive, name, table, row);
    if (fault) return `${row / COLUMNS} ${fault}`;
  }
  return "";
}

function resolve(
  view: DataView,
  archive: Uint8Array,
  name: string,
  table: Float64Array,
  row: number,
): HeaderFault | undefined {
  const offset = table[row] as number;
  if (!(offset >= 0 && offset + HEADER <= view.byteLength)) return "header";
  if (view.getUint32(offset, true) !== SIGNATURE) return "header";
  const nameLength = view.getUint16(offset + 26, true);
  if (!hasName(archive, offset + HEADER, nameLength, name)) return "name";
  const start = offset + HEADER + nameLength + view.getUint16(offset + 28, true);
  table[row] = start;
  return checkData(archive, table, row);
}

/** Whether the data that a row tells of is there. */
export function checkData(archive: Uint8Array, table: Float64Array, row: number): HeaderFault | undefined {
  const [start = -1, packed = -1, size = -1, method] = table.subarray(row, row + 4);
  if (method !== 0 && method !== DEFLATED) return "method";
  return start >= 0 && packed >= 0 && size >= 0 && start + packed <= archive.length ? undefined : "cut";
}

function hasName(archive: Uint8Array, at: number, length: number, name: string): boolean {
  if (length !== name.length) return false;
  for (let i = 0; i < length; i++) if (archive[at + i] !== name.charCodeAt(i)) return false;
  return true;
}
