import {
  Comment,
  CommentTag,
  type Context,
  Converter,
  DeclarationReflection,
  makeRecursiveVisitor,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
  type SomeType,
} from 'typedoc'

/** Title of the group of types that an entry's exports name, and that cannot be imported. */
export const NOT_EXPORTED = 'Not exported'

/**
 * Keeps, of the types that an entry does not export, those that its exports name: without them a reader does not see
 * what the options are. `typedoc-plugin-missing-exports` brings all, with those that these name in turn. Removes the
 * members that only the packages themselves use, whose names start with `@sse/`.
 */
export function showNamedTypes(converter: Converter): void {
  const exported = new Set<Reflection>()
  // The plugin adds them between the two.
  converter.on(
    Converter.EVENT_RESOLVE_BEGIN,
    ({ project }: Context) => {
      for (const member of Object.values(project.reflections)) {
        if (isOnlyForPackages(member) || isDescribedByInterface(member)) project.removeReflection(member)
      }
      for (const child of childrenOfModules(project)) exported.add(child)
    },
    2e9,
  )
  converter.on(
    Converter.EVENT_RESOLVE_BEGIN,
    ({ project }: Context) => {
      const named = new Set<Reflection>()
      for (const child of exported) for (const target of targetsOf(child)) named.add(target)
      for (const child of childrenOfModules(project).filter((child) => !exported.has(child))) {
        if (named.has(child) && isReadable(child)) group(child)
        else project.removeReflection(child)
      }
    },
    1,
  )
}

const isOnlyForPackages = ({ name, parent }: Reflection): boolean =>
  name.startsWith('@sse/') && Boolean(parent?.kindOf(ReflectionKind.ClassOrInterface))

/** Whether a method only does what an interface says that its class implements, such as those of an engine. */
function isDescribedByInterface(member: Reflection): boolean {
  const { parent, signatures } = member as DeclarationReflection
  const isMethod = member.kindOf(ReflectionKind.Method) && parent instanceof DeclarationReflection
  return isMethod && Boolean(parent.implementedTypes) && !signatures?.some(({ comment }) => comment)
}

/** Whether a reader learns something from a type: neither a class from inside nor a computation with types. */
function isReadable(reflection: DeclarationReflection): boolean {
  if (reflection.kindOf(ReflectionKind.Class)) return false
  return !['conditional', 'mapped', 'indexedAccess'].includes(reflection.type?.type ?? '')
}

const childrenOfModules = (project: ProjectReflection): DeclarationReflection[] =>
  project.getChildrenByKind(ReflectionKind.Module).flatMap(({ children }) => children ?? [])

function group(reflection: Reflection): void {
  reflection.comment ??= new Comment()
  reflection.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: NOT_EXPORTED }]))
}

/** What the types of a declaration and of its members refer to. */
function targetsOf(reflection: Reflection): Reflection[] {
  const found: Reflection[] = []
  const visitor = makeRecursiveVisitor({
    reference: (type) => {
      if (type.reflection) found.push(type.reflection)
    },
  })
  const visit = (child: Reflection) => {
    if (child.flags.isPrivate) return
    for (const type of typesOf(child)) type.visit(visitor)
    child.traverse((grandchild) => {
      visit(grandchild)
      return true
    })
  }
  visit(reflection)
  return found
}

function typesOf(reflection: Reflection): SomeType[] {
  const { type, extendedTypes } = reflection as Partial<DeclarationReflection>
  return [...(type ? [type] : []), ...(extendedTypes ?? [])]
}
