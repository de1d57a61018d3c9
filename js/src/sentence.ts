/** A message that stands for itself: with a capital, unless it begins with an address or a name out of code. */
export function sentence(text: string): string {
  return /^[a-z]+[:,]?(\s|$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
