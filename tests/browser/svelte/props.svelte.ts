/** Properties that a test changes after the component was mounted. */
export function changing<Props extends object>(props: Props): Props {
  const state = $state(props)
  return state
}
