/** What the connections of a hub have done since it was created. */
export class Counters {
  catchUps = 0
  gaps = 0
}
