/**
 * A wheel as nearly all of them are, recognised in one pass where its bytes are.
 *
 * What may be placed is decided in Python (src/wasminstall/wheels), by rules that take long in a page where there are
 * thousands of files. This only knows some of the wheels that those rules accept, and what they then say of them. It
 * gives no reasons: whatever is the least bit unusual is left to Python, which accepts it or tells what is wrong.
 */

import { resolveOffsets } from "./headers.js";
import type { Packed } from "./inflate.js";
import { COLUMNS, DEFLATED } from "./node.js";

/** What is in a wheel, without RECORD; names and tails are separated by NUL. */
export interface Survey {
  /** Name of the `.dist-info` folder. */
  readonly distInfo: string;
  /** How many of the members belong to the `.data` folder: those come last. */
  readonly apart: number;
  readonly names: string;
  /** What follows the name in its row of RECORD. */
  readonly tails: string;
  /** As `WheelFs.mount` takes it. */
  readonly table: Float64Array;
}

/** The most an archive may unfold to: the fields of `Limits` in src/wasminstall/wheels/archive.py, in their order. */
export type Limits = readonly [
  total: number,
  members: number,
  ratio: number,
  ratioFrom: number,
  length: number,
  depth: number,
];

/** The bytes of a member, undefined when it is damaged. */
export type Unpack = (member: Packed) => Uint8Array | undefined;

interface Members {
  readonly names: string[];
  readonly table: Float64Array;
  /** Row by name. */
  readonly rows: Map<string, number>;
}

const END_SIGNATURE = 0x06054b50;
const END = 22;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY = 46;
const ENCRYPTED = 0x1 | 0x40 | 0x2000;
const FULL32 = 0xffffffff;
const FULL16 = 0xffff;
const [KIND, REGULAR_FILE, EXECUTABLE] = [0o170000, 0o100000, 0o111];

/** Printable ASCII that means nothing in a RECORD. */
const PLAIN = /^[ !#-+\--[\]-~]+$/;
/** A part that is empty, "." or "..", or a drive: a folder's own entry ends with an empty one. */
const FAULT = /(?:^|\/)\.{0,2}(?:\/|$)|^.:/;
const TAIL = /^,sha(?:256|384|512)=[\w-]+,(0|[1-9]\d{0,14})$/;
const OWN_FOLDER = /\.(?:dist-info|data)$/i;
const DIST_INFO = ".dist-info";
/** What an installer writes itself, and what RECORD cannot vouch for. */
const NOT_PLACED = ["INSTALLER", "REQUESTED", "direct_url.json", "wasminstall.json", "RECORD.jws", "RECORD.p7s"];

const latin1 = new TextDecoder("latin1");

/** Undefined for what Python has to look at. */
export function survey(archive: Uint8Array, limits: Limits, unpack: Unpack): Survey | undefined {
  const members = readMembers(archive, limits);
  const distInfo = members && ownFolder(members, limits);
  if (!members || !distInfo) return undefined;
  const { rows } = members;
  const at = rows.get(`${distInfo}/RECORD`);
  if (at === undefined || NOT_PLACED.some((name) => rows.has(`${distInfo}/${name}`))) return undefined;
  const record = readRecord(archive, members, at, unpack);
  const tails = record && tailsOf(latin1.decode(record), members, at);
  if (!tails) return undefined;
  return arranged(distInfo, members, tails, at);
}

/** All but the member in place `own`, those of the `.data` folder last. */
function arranged(distInfo: string, { names, table }: Members, tails: readonly string[], own: number): Survey {
  const data = dataFolder(distInfo);
  const isApart = (row: number): boolean => (names[row] as string).startsWith(`${data}/`);
  const placed = [...names.keys()].filter((row) => row !== own);
  const apart = placed.filter(isApart);
  const order = apart.length > 0 ? [...placed.filter((row) => !isApart(row)), ...apart] : placed;
  const ordered = new Float64Array(order.length * COLUMNS);
  for (const [to, row] of order.entries()) ordered.set(rowOf(table, row), to * COLUMNS);
  const joined = (list: readonly string[]): string => order.map((row) => list[row]).join("\0");
  return { distInfo, apart: apart.length, names: joined(names), tails: joined(tails), table: ordered };
}

function dataFolder(distInfo: string): string {
  return `${distInfo.slice(0, -DIST_INFO.length)}.data`;
}

function rowOf(table: Float64Array, row: number): Float64Array {
  return table.subarray(row * COLUMNS, (row + 1) * COLUMNS);
}

function readMembers(archive: Uint8Array, [total, members, ratio, ratioFrom, length]: Limits): Members | undefined {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const count = countOf(view);
  if (count === undefined || count > members) return undefined;
  const end = archive.length - END;
  const start = view.getUint32(end + 16, true);
  const text = latin1.decode(archive.subarray(start, end));
  const names: string[] = [];
  const rows = new Map<string, number>();
  const table = new Float64Array(count * COLUMNS);
  let size = 0;
  let at = start;
  for (let row = 0; row < count; row++) {
    if (at + ENTRY > end || !readEntry(view, at, table, row * COLUMNS)) return undefined;
    const from = at + ENTRY - start;
    const nameLength = view.getUint16(at + 28, true);
    const name = text.slice(from, from + nameLength);
    if (nameLength > length || !PLAIN.test(name) || FAULT.test(name)) return undefined;
    names.push(name);
    rows.set(name, row);
    size += table[row * COLUMNS + 2] as number;
    at += ENTRY + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  if (at !== end || rows.size !== count) return undefined;
  if (size > total || (size > ratioFrom && size > archive.length * ratio)) return undefined;
  return { names, table, rows };
}

/** The number of entries, from an end without a comment that needs no zip64. */
function countOf(view: DataView): number | undefined {
  const end = view.byteLength - END;
  if (end < 0 || view.getUint32(end, true) !== END_SIGNATURE || view.getUint32(end + 4, true) !== 0) return undefined;
  const count = view.getUint16(end + 10, true);
  const [size, start] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  const fits = view.getUint16(end + 8, true) === count && start + size === end && view.getUint16(end + 20, true) === 0;
  return fits && count !== FULL16 ? count : undefined;
}

/** Whether this is a file of the ordinary kind, whose facts are then in the table. */
function readEntry(view: DataView, at: number, table: Float64Array, row: number): boolean {
  const method = view.getUint16(at + 10, true);
  const time = milliseconds(view.getUint32(at + 12, true));
  const crc = view.getUint32(at + 16, true);
  const packed = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const mode = view.getUint16(at + 40, true);
  const offset = view.getUint32(at + 42, true);
  table.set([offset, packed, size, method, crc, mode & EXECUTABLE ? 0o755 : 0o644, time], row);
  return (
    view.getUint32(at, true) === ENTRY_SIGNATURE &&
    (view.getUint16(at + 8, true) & ENCRYPTED) === 0 &&
    (method === 0 || method === DEFLATED) &&
    ((mode & KIND) === 0 || (mode & KIND) === REGULAR_FILE) &&
    Math.max(packed, size, offset) < FULL32 &&
    !Number.isNaN(time)
  );
}

/** Since 1970, from a date and a time as zip files have them; NaN for what is on no calendar. */
function milliseconds(stamp: number): number {
  const [date, time] = [stamp >>> 16, stamp & 0xffff];
  const [month, day] = [(date >> 5) & 15, date & 31];
  const [hour, minute, second] = [time >> 11, (time >> 5) & 63, (time & 31) * 2];
  const value = Date.UTC(1980 + (date >> 9), month - 1, day, hour, minute, second);
  const fits = second < 60 && minute < 60 && hour < 24 && month > 0 && new Date(value).getUTCDate() === day;
  return fits && month <= 12 ? value : Number.NaN;
}

/** The `.dist-info` folder, if it is the only one, no `.data` folder but its own is there, and no folder is a file or too deep. */
function ownFolder({ names, rows }: Members, [, , , , , depth]: Limits): string | undefined {
  const folders = new Set<string>();
  for (const name of names) {
    for (let folder = parentOf(name); folder && !folders.has(folder); folder = parentOf(folder)) folders.add(folder);
  }
  const own: string[] = [];
  for (const folder of folders) {
    if (rows.has(folder) || folder.split("/").length > depth) return undefined;
    if (!folder.includes("/") && OWN_FOLDER.test(folder)) own.push(folder);
  }
  const distInfo = own.find((folder) => folder.endsWith(DIST_INFO));
  if (!distInfo || own.some((folder) => folder !== distInfo && folder !== dataFolder(distInfo))) return undefined;
  return distInfo;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function readRecord(
  archive: Uint8Array,
  { names, table }: Members,
  at: number,
  unpack: Unpack,
): Uint8Array | undefined {
  const row = rowOf(table, at).slice();
  // The table keeps the place of the header.
  if (resolveOffsets(archive, names[at] as string, row)) return undefined;
  const [start = 0, packed = 0, size = 0, method, crc = 0] = row;
  return unpack({ bytes: archive.subarray(start, start + packed), size, deflated: method === DEFLATED, crc });
}

/** What RECORD says of each member, if it has one row for each and nothing else; for itself, in place `own`, "". */
function tailsOf(record: string, { names, table, rows }: Members, own: number): string[] | undefined {
  const tails = new Array<string | undefined>(names.length);
  const lines = record.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    const cut = line.indexOf(",");
    const row = rows.get(line.slice(0, cut));
    const tail = line.slice(cut);
    if (row === undefined || tails[row] !== undefined) return undefined;
    if (row === own ? tail !== ",," : Number(TAIL.exec(tail)?.[1]) !== table[row * COLUMNS + 2]) return undefined;
    tails[row] = row === own ? "" : tail;
  }
  return lines.length === names.length ? (tails as string[]) : undefined;
}
