/** Adding members to a zip: what is there stays where it is, byte for byte. */

/** A file for a zip; `crc` is the CRC-32 of its bytes. */
export interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly crc: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_LENGTH = 22;
const MOST_MEMBERS = 0xffff;
/** 1980-01-01, the earliest day a zip knows. */
const DATE = 0x0021;

/** Where the list of members of a zip lies, how many there are, and the comment at its end. */
export interface Directory {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly comment: string;
}

/** The directory of a zip; undefined when these bytes are none, or one of the large kind. */
export function readDirectory(zip: Uint8Array): Directory | undefined {
  const view = viewOf(zip);
  for (let at = zip.length - END_LENGTH; at >= Math.max(0, zip.length - END_LENGTH - 0xffff); at--) {
    if (view.getUint32(at, true) !== END || view.getUint16(at + 20, true) !== zip.length - at - END_LENGTH) continue;
    const start = view.getUint32(at + 16, true);
    const end = start + view.getUint32(at + 12, true);
    if (end !== at) return undefined;
    const comment = new TextDecoder().decode(zip.subarray(at + END_LENGTH));
    return { start, end, count: view.getUint16(at + 10, true), comment };
  }
  return undefined;
}

/** The names of the members. */
export function memberNames(zip: Uint8Array, { start, end }: Directory): Set<string> {
  const view = viewOf(zip);
  const names = new Set<string>();
  for (let at = start; at + 46 <= end && view.getUint32(at, true) === CENTRAL; ) {
    const length = view.getUint16(at + 28, true);
    names.add(new TextDecoder().decode(zip.subarray(at + 46, at + 46 + length)));
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return names;
}

/** A copy of the zip with these members in it, stored. Those whose name is there already, or do not fit, are left out. */
export function withMembers(zip: Uint8Array, directory: Directory, members: readonly Member[]): Uint8Array {
  const present = memberNames(zip, directory);
  const added = members.filter(({ name }) => !present.has(name)).slice(0, MOST_MEMBERS - directory.count);
  const local: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = directory.start;
  for (const member of added) {
    const name = new TextEncoder().encode(member.name);
    const header = record(30, LOCAL, 4, member, name);
    central.push(centralRecord(member, name, offset));
    local.push(header, member.bytes);
    offset += header.length + member.bytes.length;
  }
  const old = zip.subarray(directory.start, directory.end);
  const size = old.length + total(central);
  const end = endRecord(directory.count + added.length, size, offset);
  return joined([zip.subarray(0, directory.start), ...local, old, ...central, end]);
}

/** What the headers of both kinds begin with; `at` is where their common part begins. */
function record(length: number, kind: number, at: number, { bytes, crc }: Member, name: Uint8Array): Uint8Array {
  const header = new Uint8Array(length + name.length);
  const view = viewOf(header);
  view.setUint32(0, kind, true);
  view.setUint16(at, 20, true); // the version of zip needed
  view.setUint16(at + 2, 0x0800, true); // the name is UTF-8
  view.setUint16(at + 8, DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, bytes.length, true);
  view.setUint32(at + 18, bytes.length, true);
  view.setUint16(at + 22, name.length, true);
  header.set(name, length);
  return header;
}

function centralRecord(member: Member, name: Uint8Array, offset: number): Uint8Array {
  const header = record(46, CENTRAL, 6, member, name);
  const view = viewOf(header);
  view.setUint16(4, 20, true);
  view.setUint32(42, offset, true);
  return header;
}

function endRecord(count: number, size: number, offset: number): Uint8Array {
  const end = new Uint8Array(END_LENGTH);
  const view = viewOf(end);
  view.setUint32(0, END, true);
  view.setUint16(8, count, true);
  view.setUint16(10, count, true);
  view.setUint32(12, size, true);
  view.setUint32(16, offset, true);
  return end;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(total(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function total(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
