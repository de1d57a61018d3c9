/** `data-packages`: requirements written one after the other in an attribute. */

// A requirement goes on with: an address; brackets; a marker, to the end of its line; `@` and its address; versions,
// also after a space or a comma; a space before one of these; any other character that separates nothing.
const REQUIREMENT =
  /(?:[a-z][\w+.-]*:\/\/\S+|\[[^\]]*\]|\([^)]*\)|;[^\n]*|@\s*\S+|[\s,]*[<>=!~]+\s*[^\s,;]*|\s+(?=[@;[(])|[^\s,;@[(<>=!~]+)+/gi;

/** Split at spaces, newlines and commas, but not inside of a requirement: `numpy>=1,<3 matplotlib` are two. */
export function splitRequirements(text: string): string[] {
  return (text.match(REQUIREMENT) ?? []).map((requirement) => requirement.trim().replace(/\s+/g, " ")).filter(Boolean);
}
