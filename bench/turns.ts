/** Several contenders, one measurement: round by round each in its turn, so that what else the machine does harms all alike. */
import { type Figure, type Measurement, ofRounds } from './measurement.ts'

export async function takeTurns<Contender extends { readonly name: string }>(
  title: string,
  rounds: number,
  contenders: readonly Contender[],
  measure: (contender: Contender) => Promise<readonly Figure[]>,
): Promise<Measurement[]> {
  const measured = contenders.map((): (readonly Figure[])[] => [])
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      console.error(`${title}: ${contender.name}${rounds > 1 ? `, round ${round} of ${rounds}` : ''} …`)
      measured[index]!.push(await measure(contender))
    }
  }
  return contenders.flatMap(({ name: version }, index) => {
    const figures = measured[index]!
    const kinds = new Map(figures.flat().map((figure) => [figure.name, figure]))
    return [...kinds.values()].map(({ name, unit }) => {
      const values = figures.map((round) => round.find((each) => each.name === name)?.value ?? null)
      return { ...ofRounds(`${title}: ${name}`, unit, values), version }
    })
  })
}
