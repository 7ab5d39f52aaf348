// What an import graph cannot see: words that may stand in a few files only.
const nodeOnly = /^packages\/(server\/src\/node\/|(sqlite|redis|nats|postgres|cli|create-sse)\/src\/)/

const textRules = [
  {
    name: 'data-lines-in-one-file',
    comment: 'One encoder: only packages/contract/src/encode.ts writes `data:` lines.',
    // At the start of a string, after a line break inside one, or after an interpolation.
    pattern: /(['"`}]|\\[nr])data:/,
    allowed: /^packages\/contract\/src\/encode\.ts$/,
  },
  {
    name: 'no-node-globals',
    comment: 'Only the node folder, the engines and the command line may use what exists on Node alone.',
    pattern:
      /(?<![\w$.'"`-])(process\s*[.?[]|Buffer\s*[.(]|setImmediate\s*\(|__dirname|__filename|require\s*\()/,
    allowed: nodeOnly,
  },
  {
    name: 'no-instanceof-sse-error',
    comment: 'An error may come from another copy of the package or another realm: use isSseError().',
    pattern: /instanceof\s+SseError\b/,
    allowed: /^$/,
  },
]

/** Blanks comments and keeps the lines; strings stay as they are. */
function withoutComments(text) {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g
  return text.replace(token, (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found))
}

export function checkText(file, text) {
  if (!/^packages\/[^/]+\/src\/.*\.ts$/.test(file)) return []
  if (/\.test(-d)?\.ts$|\/fixtures\/|^packages\/test-support\//.test(file)) return []
  const lines = withoutComments(text).split('\n')
  return textRules
    .filter((rule) => !rule.allowed.test(file))
    .flatMap((rule) =>
      lines.flatMap((line, index) =>
        rule.pattern.test(line)
          ? [{ rule: rule.name, comment: rule.comment, where: `${file}:${index + 1}` }]
          : [],
      ),
    )
}

export const textRuleNames = textRules.map((rule) => rule.name)
