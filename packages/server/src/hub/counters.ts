/** What a hub has done since it was made. */
export class Counters {
  published = 0
  catchUps = 0
  gaps = 0
  rejected = 0
}
